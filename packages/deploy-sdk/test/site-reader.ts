// Reads a site as browsers do, all the time: a page now, and later, from whichever page is still open, its script and
// the chunk that the script asks for. What it gets must always be of the release that the page was of.
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { createHttpAgent } from "../src/google/http-agent.ts";

export type SiteReader = {
  /** Ends the reading; returns everything that was wrong, and how often it read. */
  readonly stop: () => Promise<{ readonly wrong: readonly string[]; readonly reads: number }>;
};

type Tab = { readonly version: string; readonly script: string };

/** `tabsKept`: of so many versions pages are open at once, the newest ones seen. */
export function startReader(url: string, tabsKept = 30): SiteReader {
  const agent = createHttpAgent();
  const { origin } = new URL(url);
  const wrong: string[] = [];
  const tabs: Tab[] = [];
  let reads = 0;
  let stopped = false;
  const get = async (path: string): Promise<string | undefined> => {
    reads += 1;
    try {
      const { statusCode, body } = await agent.request({ origin, path, method: "GET" });
      const text = await body.text();
      if (statusCode === 200) return text;
      wrong.push(`${path} answers ${statusCode}`);
    } catch (error) {
      wrong.push(`${path}: ${String(error)}`);
    }
    return undefined;
  };
  const open = async (): Promise<void> => {
    const page = await get("/index.html");
    if (page === undefined) return;
    const [, script = "", version = ""] = /src="([^"]+)"><\/script><p>version (\S+)<\/p>/.exec(page) ?? [];
    if (!version) wrong.push(`the page is not whole: ${page}`);
    else if (!tabs.some((tab) => tab.version === version)) tabs.push({ version, script });
    if (tabs.length > tabsKept) tabs.shift();
  };
  const expectVersion = (path: string, text: string | undefined, version: string): void => {
    if (text !== undefined && !text.includes(`version ${version} `))
      wrong.push(`${path} is not of version ${version}: ${text}`);
  };
  const useTab = async ({ version, script }: Tab): Promise<void> => {
    const code = await get(script);
    expectVersion(script, code, version);
    const chunk = /import\("([^"]+)"\)/.exec(code ?? "")?.[1];
    if (chunk) expectVersion(chunk, await get(chunk), version);
    await get("/assets/vendor-SharedA1.js");
  };
  const loop = (async () => {
    while (!stopped) {
      await open();
      const tab = tabs[Math.floor(Math.random() * tabs.length)];
      if (tab) await useTab(tab);
      await setTimeout(2);
    }
  })();
  const stop = async (): ReturnType<SiteReader["stop"]> => {
    stopped = true;
    await loop;
    await agent.close();
    return { wrong, reads };
  };
  onTestFinished(async () => {
    await stop();
  });
  return { stop };
}
