// What a commit redeploys: asked of a real git history with `nx affected -t deploy`, judged by what is live afterwards.
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commitAll } from "./support/clone-workspace.ts";
import { type Finished, runProcess } from "./support/run-command.ts";
import { createPlace, type Place, readUnits, startStack, stopStack, type UpStack } from "./support/stack-up.ts";

let place: Place;
let clone: string;
let stack: UpStack;

const inClone = async (...command: readonly string[]): Promise<Finished> => {
  const finished = await runProcess(command, { cwd: clone, env: stack?.env ?? {}, timeoutMs: 240_000 });
  expect(finished.code, finished.stdout + finished.stderr).toBe(0);
  return finished;
};
const versions = async (): Promise<Readonly<Record<string, string | undefined>>> =>
  Object.fromEntries(Array.from(await readUnits(stack), ([unit, { version }]) => [unit, version]));
const writes = async (): Promise<number> => {
  const response = await fetch(`${stack.endpoint}/_local/status`);
  const { counters } = (await response.json()) as { counters: { writes: { total: number } } };
  return counters.writes.total;
};
const deployAffected = (): Promise<Finished> =>
  inClone("nx", "affected", "-t", "deploy", "--base=HEAD~1", "--head=HEAD");

beforeAll(async () => {
  place = await createPlace();
  clone = place.clone;
  stack = await startStack(place);
}, 300_000);
afterAll(async () => {
  await stopStack(stack);
  await place.remove();
}, 60_000);

test("a change in README redeploys nothing", async () => {
  await appendFile(join(clone, "README.md"), "\nA line more.\n");
  await commitAll(clone, "readme");
  const before = await writes();
  await deployAffected();
  expect(await writes()).toBe(before);
});

test("a change in packages/health-client redeploys the frontend and not the API", async () => {
  const before = await versions();
  const file = join(clone, "packages/health-client/src/browser/poller.ts");
  await appendFile(file, '\nglobalThis.dispatchEvent?.(new Event("changed-by-a-test"));\n');
  await commitAll(clone, "health-client");
  await deployAffected();
  const after = await versions();
  expect(after["frontend"]).not.toBe(before["frontend"]);
  expect({ ...after, frontend: "" }).toEqual({ ...before, frontend: "" });
}, 240_000);

test("a change in apps/backend redeploys the API and not the frontend", async () => {
  const before = await versions();
  await appendFile(join(clone, "apps/backend/src/main.ts"), "\n// A line more.\n");
  await commitAll(clone, "backend");
  await deployAffected();
  const after = await versions();
  expect(after["frontend"]).toBe(before["frontend"]);
  expect(after["api"]).not.toBe(before["api"]);
  expect(after["backend"]).not.toBe(before["backend"]);
}, 240_000);
