// A local cloud alone, and small stacks written for one test, provisioned and released by the commands.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WrittenStack } from "@slipway/config";
import type { LocalCloudOptions } from "@slipway/local-cloud";
import { type Finished, runScript, startProcess } from "./run-command.ts";
import { waitFor } from "./wait-for.ts";

export type SmallCloud = {
  readonly url: string;
  /** A folder for whatever the test writes, gone with the cloud. */
  readonly folder: string;
  /** Writes a stack whose environment `local` is this cloud, and provisions it. */
  readonly provide: (
    name: string,
    stack: Omit<WrittenStack, "environments" | "region" | "name">,
  ) => Promise<SmallStack>;
  readonly stop: () => Promise<void>;
};

export type SmallStack = {
  /** Runs a command of the workspace on it. */
  readonly run: (command: string, ...args: readonly string[]) => Promise<Finished>;
  /** Writes the stack anew. */
  readonly change: (stack: Omit<WrittenStack, "environments" | "region" | "name">) => Promise<void>;
};

const config = new URL("../../../../packages/config/src/index.ts", import.meta.url).href;

/** @param options of the local cloud, such as `startupMs`. */
export async function startSmallCloud(options: Pick<LocalCloudOptions, "startupMs"> = {}): Promise<SmallCloud> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-small-"));
  const dataDir = join(folder, "cloud");
  const running = startProcess(
    ["node", "tools/scripts/src/main.mjs", "serve", JSON.stringify({ ...options, dataDir, port: 0, iam: "off" })],
    { timeoutMs: 600_000 },
  );
  const url = await waitFor("the local cloud", () => /^http:\S+$/m.exec(running.output())?.[0], 60_000);
  return {
    ...{ url, folder },
    provide: async (name, stack) => {
      const file = join(folder, `${name}.ts`);
      const change: SmallStack["change"] = async (rest) => {
        const environments = { local: { project: `${name}-local`, endpoint: url } };
        const written: WrittenStack = { name, region: "europe-west1", environments, ...rest };
        await writeFile(
          file,
          `import { defineStack } from ${JSON.stringify(config)};\nexport default defineStack(${JSON.stringify(written)});\n`,
        );
      };
      const run: SmallStack["run"] = (command, ...args) =>
        runScript(command, args, { env: { DEPLOY_STACK: file, DEPLOY_ENV: "local" } });
      await change(stack);
      const { code, stdout, stderr } = await run("provision");
      if (code !== 0) throw new Error(`provision: ${stdout}${stderr}`);
      return { run, change };
    },
    stop: async () => {
      running.child.kill("SIGTERM");
      await running.finished;
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
