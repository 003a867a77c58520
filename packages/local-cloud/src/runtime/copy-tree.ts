// A copy of a folder that may be written to. The system's own cp shares blocks where the file system can.
import { mkdirSync } from "node:fs";
import { runProgram } from "../processes/run-program.ts";

const flags = process.platform === "darwin" ? ["-cRp"] : ["-a", "--reflink=auto"];

/** Copies the content of `source` into `target`, over what is there. Links are copied as links. */
export async function copyTree(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true, mode: 0o755 });
  await runProgram("cp", [...flags, "--", `${source}/.`, target], { timeoutMs: 600_000 });
}
