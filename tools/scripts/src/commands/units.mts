// What the Nx plugin starts beside a run that deploys: releases the run's units for their tasks, until the plugin is gone.
import { lstatSync, rmdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { createCommand } from "../command.mts";
import { runInEnvironment } from "../session.mts";
import { serveUnits } from "../units/serve-units.mts";

const [socket = ""] = createCommand(
  "units",
  "What the Nx plugin starts beside a run that deploys; no command for people.",
  [],
)
  .argument("<socket>", "where the tasks of the run reach it, in a folder of its own")
  .parse().args;

/** Nothing but its own: the folder may be any when a person starts this. Tasks that find none release by themselves. */
function removeSocket(): void {
  try {
    if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket()) rmSync(socket);
    rmdirSync(dirname(socket));
  } catch {
    // Removed by the plugin already, or in use for something else.
  }
}
process.once("exit", removeSocket);

const over = new AbortController();
process.once("disconnect", () => over.abort());
if (!process.connected) over.abort();

// What is wrong with the stack or the environment is for the tasks to tell: here stdout is nobody's.
await runInEnvironment({ json: true }, async (session) => {
  const signal = AbortSignal.any([session.signal, over.signal]);
  await serveUnits(socket, { ...session, signal }, (exitCode) => {
    if (exitCode !== 0 && process.connected) process.send?.(exitCode);
  });
  return 0;
});
