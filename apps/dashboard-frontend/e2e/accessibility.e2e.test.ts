import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { createWorld, useChromium, type World, waitForHeadline } from "./fixtures.ts";
import { degraded, down, operational } from "./health.ts";

useChromium();

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Every rule, those of best practice too. */
const violationsOf = async (page: Page): Promise<string[]> => {
  await page.evaluate(axeSource);
  const results = await page.evaluate(() =>
    (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
};

const overflows = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

const widths = [1280, 390] as const;
const spoken = {
  "en-US": {
    headline: "Some components are degraded: Worker",
    table: "View as table",
    keyboard: "Keyboard",
  },
  "ru-RU": {
    headline: "Часть компонентов работает с перебоями: Воркер",
    table: "Показать таблицей",
    keyboard: "Клавиши",
  },
} as const;

// Every pair of width, theme and language; all triples would take twice as long.
test.each([
  [1280, "light", "en-US"],
  [1280, "dark", "ru-RU"],
  [390, "light", "ru-RU"],
  [390, "dark", "en-US"],
] as const)(
  "at %i pixels, %s, %s: degraded, down, unreachable, the table and the dialog",
  async (width, colorScheme, locale) => {
    const { headline, table, keyboard } = spoken[locale];
    const viewport = { width, height: 900 };
    const { api, page, site } = await createWorld({ locale, colorScheme, viewport, reply: degraded() });
    const found: Record<string, readonly string[]> = {};
    const look = async (state: string) => {
      found[state] = [...(await violationsOf(page)), ...((await overflows(page)) ? ["overflows its width"] : [])];
    };
    const checkAgain = async (tone: string) => {
      await page.keyboard.press("r");
      await page.locator(`.hero.tone-${tone}`).waitFor();
    };
    await page.goto(site.url);
    await waitForHeadline(page, headline);
    await look("degraded");
    api.reply = down();
    await checkAgain("down");
    await page.getByRole("button", { name: table }).click();
    await look("down, with the table");
    await api.stop();
    await checkAgain("unknown");
    await look("unreachable");
    await page.getByRole("button", { name: keyboard }).click();
    await page.getByRole("dialog").waitFor();
    await look("dialog");
    expect(found).toEqual({ degraded: [], "down, with the table": [], unreachable: [], dialog: [] });
  },
);

const open = async (): Promise<World> => {
  const world = await createWorld();
  await world.page.goto(world.site.url);
  await waitForHeadline(world.page, "All systems operational");
  return world;
};

test("a page without a configuration has no violation either", async () => {
  const { page, site } = await createWorld({ config: null });
  await page.goto(site.url);
  await waitForHeadline(page, "This page has no configuration");
  expect(await violationsOf(page)).toEqual([]);
});

test("the first Tab reaches the content, and every control is reached and shows a ring of three pixels", async () => {
  const { page } = await open();
  const reached: string[] = [];
  for (let count = 0; count < 9; count++) {
    await page.keyboard.press("Tab");
    reached.push(
      await page.evaluate(() => {
        const { outlineWidth, outlineStyle } = getComputedStyle(document.activeElement ?? document.body);
        const name = (document.activeElement?.ariaLabel ?? document.activeElement?.textContent)?.trim().slice(0, 13);
        return `${document.activeElement?.tagName} ${name} ${outlineStyle} ${outlineWidth}`;
      }),
    );
  }
  expect(reached).toEqual([
    "A Skip to conte solid 3px",
    "SELECT EnglishРусски solid 3px",
    "SELECT AutoLightDark solid 3px",
    "BUTTON Check now solid 3px",
    "BUTTON View as table solid 3px",
    expect.stringMatching(/^DIV \w{3} \d+: 100%? *solid 3px$/),
    "BUTTON Day before solid 3px",
    "BUTTON Day after solid 3px",
    "BUTTON Keyboard solid 3px",
  ]);
});

test("announces a change of state once, and nothing while only time passes", async () => {
  const { api, page, site } = await createWorld({ clock: true });
  await page.goto(site.url);
  await waitForHeadline(page, "All systems operational");
  await page.evaluate(() => {
    const announced: string[] = [];
    Object.assign(window, { announced });
    const region = document.querySelector("[role=status]");
    if (!region) throw new Error("no live region");
    new MutationObserver(() => announced.push(region.textContent ?? "")).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  const announced = () => page.evaluate(() => (window as unknown as { announced: string[] }).announced);
  await page.clock.runFor(12_000);
  await page.getByText(/^Updated 1\d\ss ago/).waitFor();
  expect(await announced()).toEqual([]);
  api.reply = down();
  await page.clock.runFor(6_000);
  await waitForHeadline(page, "The service is down.");
  expect(await announced()).toEqual(["The service is down. Database not responding"]);
});

test("controls are at least 44 pixels high and wide on a phone", async () => {
  const { page, site } = await createWorld({ viewport: { width: 390, height: 844 } });
  await page.goto(site.url);
  await waitForHeadline(page, "All systems operational");
  const sizes = await page.locator("button, select").evaluateAll((controls) =>
    controls.map((control) => {
      const { width, height } = control.getBoundingClientRect();
      return Math.min(width, height);
    }),
  );
  expect(sizes.length).toBeGreaterThanOrEqual(5);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(44);
});

test("nothing moves for those who asked for less motion", async () => {
  const { api, page, site } = await createWorld({ reducedMotion: "reduce" });
  api.reply = "hang";
  await page.goto(site.url);
  const spinner = page.locator(".spin").first();
  await spinner.waitFor();
  expect(await spinner.evaluate((element) => getComputedStyle(element).animationName)).toBe("none");
});

test.each(widths)("does not shift while it loads, at %i pixels", async (width) => {
  const reply = operational({
    revision: "shop-api-mt1lh2ce-1",
    releaseId: "20260820T140712Z-4e2k",
    version: undefined,
  });
  const { page, site } = await createWorld({ reply, viewport: { width, height: 900 } });
  await page.addInitScript(() => {
    Object.assign(window, { shift: 0 });
    const state = window as unknown as { shift: number };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) state.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(site.url);
  await waitForHeadline(page, "All systems operational");
  await page.locator(".chart .dot").waitFor();
  expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThanOrEqual(0.05);
});
