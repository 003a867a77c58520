// One sync as a process of its own, for measuring: `node sync-run.ts <folder> <endpoint> <cacheFile>`.
import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// Both as the command does (tools/scripts/src/main.mjs).
enableCompileCache();
setFlagsFromString("--semi-space-growth-factor=1");
const { runSync } = await import("./sync-main.ts");
await runSync(process.argv.slice(2));
