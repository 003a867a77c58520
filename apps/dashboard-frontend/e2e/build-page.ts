import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder that the page was built into for this run. */
    readonly builtPage: string;
  }
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Builds the page as a deploy gets it, into a folder of its own: `dist/` may belong to another task. */
export default async (project: TestProject) => {
  const outDir = await mkdtemp(join(tmpdir(), "dashboard-"));
  const vite = join(root, "node_modules/vite/bin/vite.js");
  // A process of its own, because Vitest's NODE_ENV would build React's development version.
  await promisify(execFile)(
    process.execPath,
    [vite, "build", "--outDir", outDir, "--emptyOutDir", "--logLevel", "error"],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: "production" },
      timeout: 60_000,
    },
  );
  project.provide("builtPage", outDir);
  return () => rm(outDir, { recursive: true, force: true });
};
