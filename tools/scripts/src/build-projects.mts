import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DeployError } from "@slipway/deploy-sdk";
import { $ } from "zx";
import type { CommandContext } from "./run-command.mts";
import { workspace } from "./workspace.mts";

/** Builds workspace projects with Nx, which has what did not change in its cache. Quiet unless it fails. */
export async function buildProjects(folders: readonly string[], { signal, present }: CommandContext): Promise<void> {
  if (folders.length === 0) return;
  const names = folders.map((folder) => {
    const manifest: { name: string; nx?: { name?: string } } = JSON.parse(
      readFileSync(join(workspace, folder, "package.json"), "utf8"),
    );
    return manifest.nx?.name ?? manifest.name;
  });
  present.line(`▸ build  ${names.join(", ")}`);
  const build = await $({
    cwd: workspace,
    signal,
    quiet: true,
    nothrow: true,
    stdio: ["ignore", "pipe", "pipe"],
  })`nx run-many -t build -p ${names.join(",")}`;
  signal.throwIfAborted();
  if (build.exitCode === 0) return;
  throw new DeployError("usage", {
    subject: `build of ${names.join(", ")}`,
    message: `ended with exit code ${build.exitCode}`,
    hint: `nx run-many -t build -p ${names.join(",")}`,
    details: build.text().trimEnd().split("\n").slice(-30),
  });
}
