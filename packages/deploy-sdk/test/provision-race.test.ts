// Two runs at once, as one of them meets the other: what was not there when it looked is there when it writes.
import { resolveStack } from "@slipway/config";
import { expect, onTestFinished, test } from "vitest";
import { createTarget } from "../src/google/create-target.ts";
import { performStep } from "../src/provision/apply-provision.ts";
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
  const stack = resolveStack(
    {
      name: "demo",
      region: "europe-west1",
      environments: { local: { project: "demo-local", endpoint: server.endpoint } },
      database: { version: "POSTGRES_15" },
    },
    "local",
  );
  const runtime = testRuntime();
  const { signal } = new AbortController();
  const target = createTarget(stack, { signal, runtime });
  onTestFinished(() => target.close());
  const { database } = stack;
  if (!database) throw new Error("the stack has no database");
  const change = { kind: "create", resource: "", details: [] } as const;
  const step = { id: "database app", change, after: [], action: { do: "create-database", database } as const };
  const common = { stack, target, workspace: "/nowhere", runtime, signal, emit: () => {}, made: new Set<string>() };
  return performStep(step, common);
}

test("a database that another run has made meanwhile is as good as ours", async () => {
  await expect(createDatabase(true)).resolves.toBe(true);
});

test("a refusal that left no database is told", async () => {
  await expect(createDatabase(false)).rejects.toMatchObject({ code: "invalid-request" });
});
