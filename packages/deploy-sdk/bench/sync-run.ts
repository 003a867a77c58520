// One sync as a process of its own, for measuring: `node sync-run.ts <folder> <endpoint> <cacheFile>`.
import { enableCompileCache } from "node:module";

// As the command does: without it, half of a run that changes nothing goes into stripping types.
enableCompileCache();
const { runSync } = await import("./sync-main.ts");
await runSync(process.argv.slice(2));
