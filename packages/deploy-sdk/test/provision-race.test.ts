// Two runs at once, as one of them meets the other: what was not there when it looked is there when it writes.
import { type Database, type Redis, resolveStack } from "@slipway/config";
import { expect, onTestFinished, test } from "vitest";
import { createTarget } from "../src/google/create-target.ts";
import { performStep } from "../src/provision/apply-provision.ts";
import type { Action } from "../src/provision/provision-types.ts";
import { testRuntime } from "./support/runtime.ts";
import { json, scriptedServer } from "./support/scripted-server.ts";

/** @param appears the database is there when its insert has been refused */
async function createDatabase(appears: boolean): Promise<boolean> {
  let there = false;
  const server = await scriptedServer((request, ...rest) => {
    const { method, url } = request;
    if (method === "POST") {
      there = appears;
      const message = 'Invalid request: database "app" already exists';
      return json(400, { error: { code: 400, message, errors: [{ reason: "invalid" }] } })(request, ...rest);
    }
    if (url.endsWith("/databases")) return json(200, { items: there ? [{ name: "app" }] : [] })(request, ...rest);
    return json(200, url.endsWith("/users") ? {} : { state: "RUNNABLE" })(request, ...rest);
  });
  return perform(server.endpoint, (database) => ({ do: "create-database", database }));
}

function perform(endpoint: string, actionOn: (database: Database, redis: Redis) => Action): Promise<boolean> {
  const stack = resolveStack(
    {
      name: "demo",
      region: "europe-west1",
      environments: { local: { project: "demo-local", endpoint, redis: { kind: "memorystore" } } },
      database: { version: "POSTGRES_15" },
      redis: { kind: "external" },
    },
    "local",
  );
  const runtime = testRuntime();
  const { signal } = new AbortController();
  const target = createTarget(stack, { signal, runtime });
  onTestFinished(() => target.close());
  const { database, redis } = stack;
  if (!database || !redis) throw new Error("the stack has no database or no Redis");
  const change = { kind: "create", resource: "", details: [] } as const;
  const step = { id: "a step", change, after: [], action: actionOn(database, redis) };
  const common = { stack, target, workspace: "/nowhere", runtime, signal, emit: () => {}, made: new Set<string>() };
  return performStep(step, common);
}

test("a database that another run has made meanwhile is as good as ours", async () => {
  await expect(createDatabase(true)).resolves.toBe(true);
});

test("a refusal that left no database is told", async () => {
  await expect(createDatabase(false)).rejects.toMatchObject({ code: "invalid-request" });
});

test.each<[string, (database: Database, redis: Redis) => Action]>([
  ["sql", (database) => ({ do: "await-instance", database })],
  ["redis", (_database, redis) => ({ do: "await-redis", redis })],
  ["redis", (_database, redis) => ({ do: "write-redis-url", redis, name: "REDIS_URL", existed: true })],
])(
  "an instance of %s that has failed is not waited for: it is to be deleted, and made anew",
  async (kind, actionOn) => {
    const server = await scriptedServer(json(200, { state: "FAILED" }));
    await expect(perform(server.endpoint, actionOn)).rejects.toMatchObject({
      code: "not-ready",
      hint: expect.stringMatching(`gcloud ${kind} instances delete demo-.+, then pnpm provision --env local`),
      retryable: false,
    });
  },
);
