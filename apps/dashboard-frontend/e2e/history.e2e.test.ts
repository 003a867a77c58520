import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { createWorld, useChromium, waitForHeadline } from "./fixtures.ts";
import { down } from "./health.ts";

useChromium();

/** Ten seconds into a minute. */
const clock = new Date("2026-08-22T12:00:10Z");
const today = (page: Page, text: string | RegExp) => page.locator(".day-text p", { hasText: text }).waitFor();

test("is there again after a reload, before the first answer, and is this API's only", async () => {
  const { api, page, site, problems } = await createWorld({ clock, timezoneId: "UTC" });
  await page.goto(site.url);
  await today(page, /^Aug 22: 100% uptime Seen for 1\smin$/);
  api.reply = down();
  await page.clock.fastForward("01:00");
  await today(page, /^Aug 22: 50% uptime Seen for 2\smin, unavailable for 1\smin$/);
  api.reply = "hang";
  await page.reload();
  await waitForHeadline(page, "Checking the service…");
  await today(page, /^Aug 22: 50% uptime/);
  site.config = { body: JSON.stringify({ apiUrl: `${api.url}/other`, environment: "production" }) };
  await page.reload();
  await today(page, "Aug 22: no data");
  expect(problems).toEqual([]);
});

test("is one history for two tabs: a minute that both have seen is one, and what one sees the other shows", async () => {
  const { api, page, site } = await createWorld({ clock, timezoneId: "UTC" });
  await page.goto(site.url);
  await today(page, /Seen for 1\smin$/);
  const other = await page.context().newPage();
  await other.goto(site.url);
  await waitForHeadline(other, "All systems operational");
  await today(other, /Seen for 1\smin$/);
  api.reply = down();
  const asked = api.requests.length;
  await other.keyboard.press("r");
  await today(page, /^Aug 22: 0% uptime Seen for 1\smin, unavailable for 1\smin$/);
  expect(api.requests).toHaveLength(asked + 1);
});

test("is of this tab only where storage is blocked, and says so", async () => {
  const { page, site, problems } = await createWorld({ clock, timezoneId: "UTC" });
  await page.addInitScript(() =>
    Object.defineProperty(window, "localStorage", {
      get: () => {
        throw new DOMException("denied", "SecurityError");
      },
    }),
  );
  await page.goto(site.url);
  await today(page, /^Aug 22: 100% uptime Seen for 1\smin$/);
  await page.getByText("it is gone when this tab closes").waitFor();
  expect(problems).toEqual([]);
});
