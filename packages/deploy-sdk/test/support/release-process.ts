// A release in a process of its own, so that a test can kill it. Arguments: the written stack as JSON, endpoint, workspace.
// Prints each step of the release as a line.
import { resolveStack, type WrittenStack } from "@slipway/config";
import { systemRuntime } from "../../src/engine/runtime.ts";
import { createTarget } from "../../src/google/create-target.ts";
import { releaseTo } from "./releases.ts";

const [written = "", endpoint = "", workspace = ""] = process.argv.slice(2);
const stack = resolveStack(JSON.parse(written) as WrittenStack, "local", { endpoint });
const target = createTarget(stack, { signal: new AbortController().signal, runtime: systemRuntime });
const report = await releaseTo(target, stack, {
  workspace,
  runtime: systemRuntime,
  emit: (event) => {
    if (event.type === "step") process.stdout.write(`${event.unit}: ${event.message}\n`);
  },
});
await target.close();
process.exitCode = report.exitCode;
