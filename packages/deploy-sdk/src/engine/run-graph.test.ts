import { expect, test } from "vitest";
import { runGraph } from "./run-graph.ts";

const stack = [
  { name: "image", after: [] },
  { name: "migrate", after: ["image"] },
  { name: "api", after: ["image", "migrate"] },
  { name: "worker", after: ["image", "migrate"] },
  { name: "frontend", after: ["api"] },
];

test("begins each when all it needs is done, and hands it their results", async () => {
  const begun: string[] = [];
  const results = await runGraph(stack, async ({ name }, needed: readonly string[]) => {
    begun.push(`${name} after ${needed.join("+") || "nothing"}`);
    return name;
  });
  expect(begun).toEqual([
    "image after nothing",
    "migrate after image",
    "api after image+migrate",
    "worker after image+migrate",
    "frontend after api",
  ]);
  expect(results).toEqual(["image", "migrate", "api", "worker", "frontend"]);
});

test("runs the independent at the same time", async () => {
  const both = Promise.withResolvers<void>();
  let running = 0;
  await runGraph(stack, async ({ name }) => {
    if (name !== "api" && name !== "worker") return;
    running += 1;
    if (running === 2) both.resolve();
    await both.promise;
  });
  expect(running).toBe(2);
});

test("takes what is not among the nodes for done", async () => {
  expect(await runGraph(stack.slice(2), async ({ name }) => name)).toEqual(["api", "worker", "frontend"]);
});

test("a bug in one does not leave the others unwatched", async () => {
  let finished = false;
  const work = runGraph(stack.slice(2, 4), async ({ name }) => {
    if (name === "api") throw new Error("bug");
    await new Promise((resolve) => setImmediate(resolve));
    finished = true;
  });
  await expect(work).rejects.toThrow("bug");
  expect(finished).toBe(true);
});
