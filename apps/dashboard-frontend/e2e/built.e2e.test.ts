import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, inject, test } from "vitest";
import { createWorld, useChromium, waitForHeadline } from "./fixtures.ts";

useChromium();

const assets = () => readdirSync(join(inject("builtPage"), "assets"));
const compressedSize = (extension: string) =>
  assets()
    .filter((name) => name.endsWith(extension))
    .map((name) => gzipSync(readFileSync(join(inject("builtPage"), "assets", name)), { level: 9 }).length)
    .reduce((sum, size) => sum + size, 0);

test("is within its budgets: 85 KB of scripts and 5 KB of styles, compressed", () => {
  expect(compressedSize(".js")).toBeGreaterThan(10_000);
  expect(compressedSize(".js")).toBeLessThanOrEqual(85_000);
  expect(compressedSize(".css")).toBeLessThanOrEqual(5_000);
});

test("names every asset by its content and carries no configuration", () => {
  expect(assets().filter((name) => !/-[\w-]{8}\.(?:js|css|svg)$/.test(name))).toEqual([]);
  expect(readdirSync(inject("builtPage")).toSorted()).toEqual(["assets", "index.html"]);
});

test("has a policy that lets no foreign script run", async () => {
  const { page, site } = await createWorld();
  await page.goto(site.url);
  await waitForHeadline(page, "All systems operational");
  const violated = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
          once: true,
        });
        const script = document.createElement("script");
        try {
          script.setAttribute("src", "data:text/javascript,window.foreign=1");
          document.body.append(script);
        } catch {
          // Refused already when it is given its source (Trusted Types).
        }
      }),
  );
  expect(violated).toMatch(/^(?:script-src-elem|require-trusted-types-for)$/);
  expect(await page.evaluate(() => "foreign" in window)).toBe(false);
});

test("paints in the stored theme from the start", async () => {
  const { page, site, problems } = await createWorld({ colorScheme: "light" });
  await page.addInitScript(() => localStorage.setItem("preferences", '{"theme":"dark"}'));
  await page.route("**/assets/index-*.js", (route) => route.abort());
  await page.goto(site.url);
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe("rgb(13, 17, 23)");
  expect(problems).toEqual([]);
});
