import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createWorld, useChromium, type World, waitForHeadline } from "./fixtures.ts";
import { degraded, down, operational } from "./health.ts";
import type { Reply } from "./servers.ts";

useChromium();

const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const newRevision = { revision: "api-00043-kqz", version: "1.8.1", commit: "4be07a915c0f4ef1a0d3a7f0b6f1a2c3d4e5f607" };

/** A quarter of an hour of a service's life: a worker that failed, a deploy, a minute without the API. */
const replyAt = (probe: number, last: Reply): Reply => {
  if (probe > 62) return last;
  if (probe >= 12 && probe < 15) return degraded();
  if (probe === 40) return { body: "", cors: false };
  return operational(probe >= 27 ? newRevision : {});
};

const liveThrough = async ({ api, page, site }: World, last: Reply) => {
  await page.goto(site.url);
  await page.getByRole("status").filter({ hasNotText: "…" }).waitFor();
  for (let probe = 1; probe <= 64; probe++) {
    api.reply = replyAt(probe, last);
    api.delayMs = 18 + ((probe * 37) % 23) + (probe % 17 === 0 ? 60 : 0);
    const asked = api.requests.length;
    await page.clock.fastForward(16_500);
    await expect.poll(() => api.requests.length, { interval: 10 }).toBeGreaterThan(asked);
    await page.locator(".hero .spin").waitFor({ state: "detached" });
  }
};

const pictures = [
  {
    name: "dashboard-light",
    width: 1280,
    colorScheme: "light",
    locale: "en-US",
    last: operational(newRevision),
    headline: "All systems operational",
  },
  {
    name: "dashboard-dark",
    width: 1280,
    colorScheme: "dark",
    locale: "en-US",
    last: down(newRevision),
    headline: "The service is down.",
  },
  {
    name: "dashboard-phone",
    width: 390,
    colorScheme: "light",
    locale: "ru-RU",
    last: degraded(newRevision),
    headline: "Часть компонентов",
  },
] as const;

// The pictures of the documents. Only taken when `UPDATE_SCREENSHOTS=1` (vitest.e2e.config.ts).
test.each(pictures)("$name", async ({ name, width, colorScheme, locale, last, headline }) => {
  const world = await createWorld({
    colorScheme,
    locale,
    clock: true,
    viewport: { width, height: 900 },
    deviceScaleFactor: 1.5,
  });
  await liveThrough(world, last);
  await waitForHeadline(world.page, headline);
  await mkdir(folder, { recursive: true });
  const picture = await world.page.screenshot({ fullPage: true, path: `${folder}${name}.png` });
  expect(picture.length).toBeGreaterThan(20_000);
});
