// What the Nx plugin starts beside a run that deploys: releases the run's units for their tasks, until the plugin is gone.
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { runInEnvironment } from "../session.mts";
import { serveUnits } from "../units/serve-units.mts";

const over = new AbortController();
process.once("disconnect", () => over.abort());
if (!process.connected) over.abort();

const socket = process.argv[2] ?? "";
// Tasks that find no folder release by themselves.
process.once("exit", () => rmSync(dirname(socket), { recursive: true, force: true }));

// What is wrong with the stack or the environment is for the tasks to tell: here stdout is nobody's.
await runInEnvironment({ json: true }, async (session) => {
  const signal = AbortSignal.any([session.signal, over.signal]);
  await serveUnits(socket, { ...session, signal });
  return 0;
});
