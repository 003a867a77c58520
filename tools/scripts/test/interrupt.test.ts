// Ctrl-C in each phase of `npm start`, as a terminal sends it: to the whole process group. It ends with 130 and leaves no
// process, and the next start goes on from there.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { descendants, isRunning } from "./support/container-processes.ts";
import { processesThatName } from "./support/local-processes.ts";
import { startProcess } from "./support/run-command.ts";
import { createPlace, type Place, upOnce } from "./support/stack-up.ts";
import { waitFor } from "./support/wait-for.ts";

let place: Place;
beforeAll(async () => {
  place = await createPlace();
}, 60_000);
afterAll(() => place.remove(), 60_000);

const exists = (path: string): boolean => existsSync(join(place.dataDir, path));
const phases: readonly (readonly [string, (output: string) => boolean])[] = [
  ["the local cloud starts for the first time", () => exists("state.db")],
  ["it is provisioned", (output) => output.includes("created bucket")],
  ["PostgreSQL is made", () => exists("sql/botbalance-local/botbalance-db/data")],
  ["the image is built and pushed", (output) => output.includes("▸ backend  image")],
  ["the migration runs", (output) => /execution \S+ was started/.test(output)],
  ["API and worker are deployed", (output) => output.includes("▸ api  service")],
  ["the page is published", (output) => output.includes("▸ frontend  site")],
  ["PostgreSQL starts again", () => exists("sql/botbalance-local/botbalance-db/data/postmaster.pid")],
  ["it serves", (output) => output.includes("Ctrl-C stops everything")],
];

// One after the other on the same state: that a phase is reached shows that the interruption before it did no harm.
test.each(phases)(
  "while %s",
  async (_phase, isReached) => {
    const { clone: cwd, port, dataDir } = place;
    const command = ["npm", "start", "--", "--port", String(port), "--data-dir", dataDir];
    const { child, finished, output } = startProcess(command, { cwd, detached: true, timeoutMs: 90_000 });
    const group = child.pid ?? 0;
    let ended = false;
    const over = finished.then((result) => {
      ended = true;
      return result;
    });
    await waitFor("the phase", () => ended || isReached(output()) || undefined, 80_000);
    expect(ended, `it ended before it got there:\n${output()}`).toBe(false);
    const started = descendants(group);
    process.kill(-group, "SIGINT");
    const { code } = await over;
    expect(code, output()).toBe(130);
    expect(output()).not.toContain("[internal]");
    expect(started.filter(isRunning)).toEqual([]);
    expect(processesThatName(dataDir)).toEqual([]);
  },
  120_000,
);

test("after all of it, a start deploys what is missing and succeeds", async () => {
  const { code, stderr } = await upOnce(place);
  expect(code, stderr).toBe(0);
}, 120_000);
