import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, inject, onTestFinished } from "vitest";
import { chromiumLaunchOptions } from "./chromium.ts";
import { operational } from "./health.ts";
import { type Api, type Reply, type Site, startApi, startSite } from "./servers.ts";

let browser: Browser;

/** One Chromium for a test file. */
export const useChromium = () => {
  beforeAll(async () => {
    browser = await chromium.launch(chromiumLaunchOptions());
  });
  afterAll(async () => {
    await browser.close();
  });
};

export type World = { readonly api: Api; readonly site: Site; readonly page: Page; readonly problems: string[] };

export type WorldOptions = BrowserContextOptions & {
  readonly reply?: Reply;
  /** Of /config.json; `null` for none. Default: our API, production. */
  readonly config?: Site["config"] | null;
  /** Time is in the test's hands, from then on. */
  readonly clock?: boolean | Date;
};

/** A site, an API and a page that is not yet opened, gone with the test. `problems` collects script errors and refusals by the policy. */
export const createWorld = async ({
  reply = operational(),
  config,
  clock,
  ...context
}: WorldOptions = {}): Promise<World> => {
  const api = await startApi(reply);
  const site = await startSite(inject("builtPage"));
  const written = { body: JSON.stringify({ apiUrl: api.url, environment: "production" }) };
  site.config = config === null ? undefined : (config ?? written);
  const opened = await browser.newContext({ locale: "en-US", ...context });
  onTestFinished(async () => {
    await opened.close();
    await Promise.all([api.stop(), site.close()]);
  });
  const page = await opened.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) problems.push(message.text());
  });
  if (clock) await page.clock.install(clock === true ? {} : { time: clock });
  return { api, site, page, problems };
};

/** The headline with its age, once it is `expected`; spaces are normalised. */
export const waitForHeadline = async (page: Page, expected: string | RegExp): Promise<void> => {
  await page.locator(".headline").filter({ hasText: expected }).waitFor({ timeout: 15_000 });
};

export const toneOfHero = async (page: Page): Promise<string> => {
  const classes = (await page.locator(".hero").getAttribute("class")) ?? "";
  return /tone-(\w+)/.exec(classes)?.[1] ?? "none";
};

/** What a tab's going to the background and coming back tell a page; a headless Chromium has no tabs to hide. */
export const setHidden = async (page: Page, hidden: boolean): Promise<void> => {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
};
