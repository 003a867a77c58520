// What the judges of one cloud share: a shell that is set up for it, and what the classic script left there.
import { expect } from "vitest";
import type { GoogleShell, Ran } from "../../src/classic-script/google-shell.mts";
import type { ScriptRun } from "../../src/classic-script/run-classic-script.mts";
import { ask } from "../support/ask.ts";

export type Session = {
  readonly shell: GoogleShell;
  /** The cloud's address. */
  readonly url: string;
  readonly project: string;
  /** The script's image, as the script names it. */
  readonly image: string;
  /** Commands that must succeed. */
  readonly ok: (commands: string, folder?: string) => Promise<Ran>;
  /** A command of gcloud that must succeed; its result. */
  readonly json: <Value = Record<string, unknown>>(command: string) => Promise<Value>;
  /** Successful writes to one API since the cloud began. */
  readonly writes: (api: string) => Promise<number>;
};

export const region = "asia-southeast1";

export function createSession({ shell, project }: Pick<ScriptRun, "shell" | "project">, url: string): Session {
  const ok: Session["ok"] = async (commands, folder) => {
    const ran = await shell(commands, folder);
    expect(ran.code, `${commands}\n${ran.stderr}`).toBe(0);
    return ran;
  };
  return {
    ...{ shell, url, project, ok },
    image: `${region}-docker.pkg.dev/${project}/botbalance-backend/api:latest`,
    json: async (command) => JSON.parse((await ok(`${command} --format=json`)).stdout),
    writes: async (api) => {
      const { counters } = (await ask(`${url}/_local/status`)).json() as {
        counters: { writes: { byService: Record<string, { total: number }> } };
      };
      return counters.writes.byService[api]?.total ?? 0;
    },
  };
}

/** Lanes run side by side: each waits for its tools more than it works. */
export const lane = { concurrent: true };
/** Within a lane what a test leaves is what the next one begins with. */
export const inOrder = { concurrent: false };
