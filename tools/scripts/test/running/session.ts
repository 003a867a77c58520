// What is judged on one stack, from the first `npm start` to Ctrl-C. Its containers log all they can, its gate gives up
// soon, and every command line of the machine is noted, so that no secret escapes.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { ask } from "../support/ask.ts";
import { launchChromium } from "../support/browser.ts";
import { watchCommandLines } from "../support/process-watch.ts";
import type { Finished } from "../support/run-command.ts";
import {
  createPlace,
  type Place,
  readUnits,
  startStack,
  stopStack,
  type UpStack,
  upOnce,
} from "../support/stack-up.ts";

export const project = "botbalance-local";
export const database = `sql/${project}:asia-southeast1:botbalance-db`;
export const redis = "redis/botbalance-redis";

/** Once the stack serves. */
export type Serving = {
  readonly stack: UpStack;
  /** The API's public address. */
  readonly api: string;
  readonly browser: Browser;
  /** Of the bucket, as it was opened when the stack served. */
  readonly page: Page;
  /** Stops or starts a server: `redis/botbalance-redis:stop`. */
  readonly control: (what: string) => Promise<void>;
};

export type Session = {
  readonly place: Place;
  /** The first `npm start -- --once`, from nothing. */
  readonly first: Finished;
  readonly again: () => Promise<Finished>;
  /** `npm start`, and the page in Chromium. */
  readonly serve: () => Promise<Serving>;
  /** Every command line since the first start. */
  readonly commandLines: () => readonly string[];
  readonly end: () => Promise<void>;
};

/** The stack of this workspace, with containers that log all they can and a gate that gives up soon. */
const talkative = (workspace: string): string => `import stack from ${JSON.stringify(join(workspace, "stack.ts"))};
const local = { ...stack.environments.local, env: { LOG_LEVEL: "debug" }, gate: { timeout: "5s" } };
export default { ...stack, environments: { ...stack.environments, local } };
`;

export async function createSession(): Promise<Session> {
  const place = await createPlace();
  const env = { DEPLOY_STACK: join(place.folder, "stack.ts") };
  await writeFile(env.DEPLOY_STACK, talkative(place.clone));
  const watch = watchCommandLines();
  const first = await upOnce(place, env);
  let serving: Serving | undefined;
  return {
    ...{ place, first },
    again: () => upOnce(place, env),
    serve: async () => {
      serving = await lookAt(await startStack(place, env));
      return serving;
    },
    commandLines: () => watch.stop(),
    end: async () => {
      watch.stop();
      await serving?.browser.close();
      await stopStack(serving?.stack);
      await place.remove();
    },
  };
}

async function lookAt(stack: UpStack): Promise<Serving> {
  const units = await readUnits(stack);
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(units.get("frontend")?.url ?? "");
  const control = async (what: string): Promise<void> => {
    const { status, text } = await ask(`${stack.endpoint}/_local/${what}`, {});
    expect(status, text).toBe(200);
  };
  return { stack, api: units.get("api")?.url ?? "", browser, page, control };
}
