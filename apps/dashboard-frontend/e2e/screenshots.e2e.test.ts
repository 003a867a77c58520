import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { formatHistory, type History } from "../src/monitor/history.ts";
import { historyKey } from "../src/monitor/history-storage.ts";
import { createWorld, useChromium, type World, waitForHeadline } from "./fixtures.ts";
import { degraded, down, operational } from "./health.ts";
import type { Reply } from "./servers.ts";

useChromium();

const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

/** A Thursday. */
const opened = new Date("2026-08-20T13:58:20Z");
const dayMs = 86_400_000;

const revisionOf = (revision: string, releaseId: string, commit: string) => ({
  revision,
  releaseId,
  commit,
  version: undefined,
});
const earlier = revisionOf(
  "botbalance-api-msygr14s-1",
  "20260818T093140Z-f0a7",
  "9f2c41d07b6be1a4c2f05fd1b8a4b8f6b7d1c0aa",
);
const latest = revisionOf(
  "botbalance-api-mt1lh2ce-1",
  "20260820T140712Z-4ea1",
  "4be07a915c0f4ef1a0d3a7f0b6f1a2c3d4e5f607",
);

/** By how many days ago: minutes of trouble in the middle of a working day. */
const troubles: Readonly<Record<number, string>> = {
  2: "2".repeat(9),
  13: "2".repeat(14) + "3".repeat(57),
  14: "3".repeat(3),
  35: "2".repeat(41),
  58: "3".repeat(122),
};

/** Eleven weeks in which the page was open at work, in office hours. */
const workingDay = (daysAgo: number): readonly [string, string][] => {
  const date = new Date(opened.getTime() - daysAgo * dayMs);
  if ([0, 6].includes(date.getUTCDay())) return [];
  const trouble = troubles[daysAgo] ?? "";
  const morning = "0".repeat(540 + ((daysAgo * 17) % 40)) + "1".repeat(200) + trouble;
  const minutes = daysAgo === 0 ? "0".repeat(782) + "1".repeat(55) : morning.padEnd(1_060 + ((daysAgo * 29) % 50), "1");
  return [[date.toISOString().slice(0, 10), minutes.padEnd(1_440, "0")]];
};

const history: History = Object.fromEntries(Array.from({ length: 77 }, (_, daysAgo) => workingDay(daysAgo)).flat());

/** A quarter of an hour of a service's life: a worker that failed, a deploy, a minute without the API. */
const replyAt = (probe: number, last: Reply): Reply => {
  if (probe > 62) return last;
  if (probe >= 12 && probe < 15) return degraded(earlier);
  if (probe === 40) return { body: "", cors: false };
  return operational(probe >= 33 ? latest : earlier);
};

const liveThrough = async ({ api, page, site }: World, last: Reply) => {
  await page.addInitScript(([key, stored]) => localStorage.setItem(key, stored), [
    historyKey(api.url),
    formatHistory(history),
  ] as const);
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
    last: operational(latest),
    headline: "All systems operational",
  },
  {
    name: "dashboard-dark",
    width: 1280,
    colorScheme: "dark",
    locale: "en-US",
    last: down(latest),
    headline: "The service is down.",
  },
  {
    name: "dashboard-phone",
    width: 390,
    colorScheme: "light",
    locale: "ru-RU",
    last: degraded(latest),
    headline: "Часть компонентов",
  },
] as const;

// The pictures of the documents. Only taken when `UPDATE_SCREENSHOTS=1` (vitest.e2e.config.ts).
test.each(pictures)("$name", async ({ name, width, colorScheme, locale, last, headline }) => {
  const world = await createWorld({
    reply: operational(earlier),
    colorScheme,
    locale,
    clock: opened,
    timezoneId: "UTC",
    viewport: { width, height: 900 },
    deviceScaleFactor: 1.5,
  });
  await liveThrough(world, last);
  await waitForHeadline(world.page, headline);
  await mkdir(folder, { recursive: true });
  const picture = await world.page.screenshot({ fullPage: true, path: `${folder}${name}.png` });
  expect(picture.length).toBeGreaterThan(20_000);
});
