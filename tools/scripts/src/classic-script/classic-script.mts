// The classic script as data and as a run: for a test that judges each step, and for whoever wants to time them.
import { readFileSync } from "node:fs";
import type { GoogleShell, Ran } from "./google-shell.mts";

export type Step = { readonly title: string; readonly commands: string };
export type StepRun = Step & Ran;

/** What stands in the script's angle brackets. */
export type Placeholders = {
  readonly GCP_PROJECT: string;
  readonly STRONG_PASSWORD: string;
  readonly your_django_secret: string;
  readonly REDIS_URL_FROM_UPSTASH: string;
  readonly FERNET_KEY: string;
};

const script = readFileSync(new URL("classic-script.sh", import.meta.url), "utf8");

/** In the order in which they are run. */
export function readSteps(placeholders: Placeholders): readonly Step[] {
  const values: ReadonlyMap<string, string> = new Map(Object.entries(placeholders));
  const fill = (text: string): string => text.replace(/<(\w+)>/g, (written, name) => values.get(name) ?? written);
  const [, ...steps] = script.trim().split(/\n\n+/);
  return steps.map((step) => {
    const [, title = "", commands = ""] = /^# ([^\n]+)\n(.+)$/s.exec(step) ?? [];
    return { title, commands: fill(commands) };
  });
}

/** Runs every step, also after one that failed, in a folder that `writeProduct` has filled. */
export async function runClassicScript(shell: GoogleShell, placeholders: Placeholders): Promise<readonly StepRun[]> {
  const steps: StepRun[] = [];
  for (const step of readSteps(placeholders)) steps.push({ ...step, ...(await shell(step.commands)) });
  return steps;
}
