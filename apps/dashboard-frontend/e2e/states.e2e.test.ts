import { describe, expect, test } from "vitest";
import { createWorld, setHidden, toneOfHero, useChromium, waitForHeadline } from "./fixtures.ts";
import { degraded, down, operational } from "./health.ts";

useChromium();

describe("the built page", () => {
  test("shows a working service, its components and what is deployed", async () => {
    const { api, page, site, problems } = await createWorld();
    await page.goto(site.url);
    await waitForHeadline(page, "All systems operational");
    expect(await toneOfHero(page)).toBe("ok");
    const components = page.getByRole("region", { name: "Components" });
    expect(await components.getByRole("listitem").count()).toBe(3);
    expect(await components.getByText("Operational").count()).toBe(3);
    for (const text of ["api-00042-xyz", "1.8.0", "9f2c41d0", "Environment: production"])
      await page.getByText(text, { exact: true }).first().waitFor();
    expect(api.requests).toEqual(["GET /api/health/detailed"]);
    expect(problems).toEqual([]);
  });

  test("follows the service down, without a reload, and back up", async () => {
    const { api, page, site } = await createWorld({ clock: true });
    await page.goto(site.url);
    await waitForHeadline(page, "All systems operational");
    api.reply = down();
    await page.clock.fastForward(16_500);
    await waitForHeadline(page, "The service is down. Database not responding");
    expect(await toneOfHero(page)).toBe("down");
    await page.getByText("connect ECONNREFUSED /cloudsql/p:r:i").waitFor();
    // After a change it polls every five seconds.
    api.reply = degraded();
    await page.clock.fastForward(5_500);
    await waitForHeadline(page, "Some components are degraded: Worker");
    expect(await toneOfHero(page)).toBe("warn");
    api.reply = operational();
    await page.clock.fastForward(5_500);
    await waitForHeadline(page, "All systems operational");
    const incidents = page.getByRole("region", { name: "Incidents" }).getByRole("listitem");
    expect(await incidents.allTextContents()).toEqual([
      expect.stringMatching(/^Degraded: Worker.*5\ss$/),
      expect.stringMatching(/^Down: Database.*5\ss$/),
    ]);
  });

  test("notes a new revision", async () => {
    const { api, page, site } = await createWorld();
    await page.goto(site.url);
    await waitForHeadline(page, "All systems operational");
    api.reply = operational({ revision: "api-00043-abc", version: "1.8.1" });
    await page.keyboard.press("r");
    const deployments = page.getByRole("region", { name: "Deployments" }).getByRole("listitem");
    await deployments.nth(1).waitFor();
    expect(await deployments.allTextContents()).toEqual([
      expect.stringMatching(/^api-00043-abc1\.8\.1.*Current$/),
      expect.stringMatching(/^api-00042-xyz1\.8\.0.*Earlier$/),
    ]);
  });
});

describe("without an answer that it can read, the page is grey and keeps what it knew", () => {
  const openWell = async () => {
    const world = await createWorld();
    await world.page.goto(world.site.url);
    await waitForHeadline(world.page, "All systems operational");
    return world;
  };

  const expectGrey = async ({ page, problems }: Awaited<ReturnType<typeof openWell>>) => {
    expect(await toneOfHero(page)).toBe("unknown");
    await page
      .getByText(/^Last known state, \d+\ss ago$/)
      .first()
      .waitFor();
    expect(await page.getByRole("region", { name: "Components" }).getByRole("listitem").count()).toBe(3);
    expect(await page.locator(".tone-ok.hero, .rows:not(.old) .chip.tone-ok").count()).toBe(0);
    expect(problems).toEqual([]);
  };

  test("unreachable, and it recovers", async () => {
    const world = await openWell();
    await world.api.stop();
    await world.page.keyboard.press("r");
    await waitForHeadline(world.page, /^Can't reach the API\. Last known state \d+\ss ago$/);
    await expectGrey(world);
    await world.api.restart();
    await world.page.getByRole("button", { name: "Check now" }).click();
    await waitForHeadline(world.page, "All systems operational");
  });

  test("CORS: something answered that the page may not read", async () => {
    const world = await openWell();
    world.api.reply = { status: 502, body: "<html>Bad gateway</html>", cors: false };
    await world.page.keyboard.press("r");
    await waitForHeadline(world.page, "The API answered, but this page can't read the reply.");
    await expectGrey(world);
  });

  test("timeout: no reply within five seconds", async () => {
    const world = await openWell();
    world.api.reply = "hang";
    await world.page.keyboard.press("r");
    await waitForHeadline(world.page, "No reply within 5 s");
    await expectGrey(world);
  });

  test("offline, and it checks by itself when the network is back", async () => {
    const world = await openWell();
    await world.page.context().setOffline(true);
    await waitForHeadline(world.page, "You're offline. Checks resume when you reconnect");
    await expectGrey(world);
    expect(await world.page.getByText(/next in/).count()).toBe(0);
    await world.page.context().setOffline(false);
    await waitForHeadline(world.page, "All systems operational");
  });

  test("unreadable: an answer that is no health report", async () => {
    const world = await openWell();
    world.api.reply = { status: 404, body: { message: "no such route" } };
    await world.page.keyboard.press("r");
    await waitForHeadline(world.page, "The API answered, but not with a health report (HTTP 404)");
    await expectGrey(world);
  });

  test("stale: a page that was asleep, until the next answer", async () => {
    const { api, page, site } = await createWorld({ clock: true });
    await page.goto(site.url);
    await waitForHeadline(page, "All systems operational");
    await setHidden(page, true);
    const asked = api.requests.length;
    await page.clock.fastForward("10:00");
    await waitForHeadline(page, /^Data is stale: updated 10\smin ago$/);
    expect(await toneOfHero(page)).toBe("unknown");
    expect(api.requests).toHaveLength(asked);
    await setHidden(page, false);
    await waitForHeadline(page, "All systems operational");
    expect(api.requests).toHaveLength(asked + 1);
  });
});

describe("a page that was never answered", () => {
  test("says that it is loading, then that it cannot reach the API, and claims no last known state", async () => {
    const { api, page, site } = await createWorld({ clock: true });
    api.reply = "hang";
    await page.goto(site.url);
    await waitForHeadline(page, "Checking the service…");
    expect(await toneOfHero(page)).toBe("unknown");
    await api.stop();
    await waitForHeadline(page, /^Can't reach the API\.$/);
  });
});

describe("configuration", () => {
  const open = async (config: { status?: number; body: string } | null) => {
    const world = await createWorld({ config });
    await world.page.goto(world.site.url);
    return world;
  };

  test("missing: says so, asks no API, and goes on once it is there", async () => {
    const { api, page, site } = await open(null);
    await waitForHeadline(page, "This page has no configuration");
    expect(await toneOfHero(page)).toBe("unknown");
    expect(api.requests).toEqual([]);
    site.config = { body: JSON.stringify({ apiUrl: api.url, environment: "staging" }) };
    await page.keyboard.press("r");
    await waitForHeadline(page, "All systems operational");
  });

  test("invalid: lists what is wrong", async () => {
    const { page } = await open({ body: '{"apiUrl":"ftp://x","environment":""}' });
    await waitForHeadline(page, "This page's configuration is not valid");
    expect(await page.getByRole("listitem").allTextContents()).toEqual([
      "apiUrl: must be an http or https URL",
      "environment: must be a name of 1 to 40 characters",
    ]);
  });

  test("the page itself in its place, as a single-page fallback serves it, is a missing one", async () => {
    const { page } = await open({ body: "<!doctype html><title>App</title>" });
    await waitForHeadline(page, "This page has no configuration");
  });

  test("an error of the bucket is not a missing configuration", async () => {
    const { page } = await open({ status: 503, body: "" });
    await waitForHeadline(page, "Can't load this page's configuration");
    await page.getByText("HTTP 503").waitFor();
  });
});
