// A copy of a folder that may be written to. The system's own cp shares blocks where the file system can.
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const flags = process.platform === "darwin" ? ["-cRp"] : ["-a", "--reflink=auto"];

/** Copies the content of `source` into `target`, over what is there. Links are copied as links. */
export async function copyTree(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true, mode: 0o755 });
  await run("cp", [...flags, "--", `${source}/.`, target]);
}
