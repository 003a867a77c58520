// The classic script as data: its steps, for a test that judges each and a benchmark that times it. Reads one file.
import { readFileSync } from "node:fs";

export type Step = { readonly title: string; readonly commands: string };

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
