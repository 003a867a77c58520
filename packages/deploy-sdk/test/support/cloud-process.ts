// A cloud in a process of its own, to be killed: `node cloud-process.ts FOLDER` loads, waits for a line to start by, and
// prints its address.
import { flushCompileCache } from "node:module";
import { createInterface } from "node:readline";
import { startLocalCloud } from "@slipway/local-cloud";

// Otherwise written when the process ends by itself, which this one never does.
flushCompileCache();
const lines = createInterface(process.stdin);
lines.once("line", async () => {
  const cloud = await startLocalCloud({ dataDir: process.argv[2] ?? "" });
  process.stdout.write(`${cloud.url}\n`);
});
// Whoever would have started it is gone.
lines.once("close", () => process.exit());
