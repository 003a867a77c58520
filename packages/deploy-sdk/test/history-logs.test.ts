import { expect, test } from "vitest";
import { readLogs } from "../src/history/read-logs.ts";
import type { LogLine, LogQuery } from "../src/target.ts";
import { memoryTarget } from "./support/memory-target.ts";
import { inspect, quickRuntime } from "./support/releases.ts";
import { shopStack } from "./support/stacks.ts";

const line = (id: string, second: number): LogLine => ({
  id,
  at: new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString(),
  severity: "INFO",
  text: `line ${id}`,
  source: "shop-api-1",
  instance: "i",
});

/** Logs that answer each read with the next of `pages`, and end the following with the last. */
async function followed(pages: readonly (readonly LogLine[])[]) {
  const target = await memoryTarget();
  const queries: LogQuery[] = [];
  const controller = new AbortController();
  const logs = {
    read: async (query: LogQuery) => {
      const page = pages[queries.length] ?? [];
      queries.push(query);
      if (queries.length === pages.length) controller.abort();
      return page;
    },
  };
  const texts: string[] = [];
  const options = { ...inspect({ ...target, logs }, shopStack("1")), signal: controller.signal, runtime: quickRuntime };
  for await (const { id } of readLogs({ ...options, unit: "api", limit: 10, follow: true })) texts.push(id);
  return { texts, queries };
}

test("following shows every line once, also one that arrives late", async () => {
  const { texts } = await followed([[line("a", 1), line("b", 5)], [line("b", 5), line("late", 3), line("c", 6)], []]);
  expect(texts).toEqual(["a", "b", "late", "c"]);
});

test("following asks for lines since shortly before the last that was seen", async () => {
  const { queries } = await followed([[line("a", 30)], []]);
  expect(queries[0]).toEqual({ kind: "service", name: "shop-api", limit: 10 });
  expect(queries[1]).toMatchObject({ since: "2030-01-01T00:00:15.000Z", limit: 1000 });
});

test("a unit that runs nothing has no logs", async () => {
  const target = await memoryTarget();
  const lines = readLogs({ ...inspect(target, shopStack("1")), unit: "backend", limit: 10, follow: false });
  await expect(lines.next()).rejects.toMatchObject({ code: "usage" });
});
