// The backend as it is deployed: a process of its own, told by its environment.
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Child, startChild } from "./child.ts";

type Environment = Readonly<Record<string, string>>;

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

/** Starts a command; what the test leaves running ends with it. */
export function startCommand(command: string, environment: Environment = {}): Child {
  const child = startChild(process.execPath, ["src/main.ts", command], {
    cwd: projectFolder,
    env: { PATH: process.env["PATH"], PORT: "0", ...environment },
  });
  onTestFinished(child.dispose);
  return child;
}

export type Api = Child & { readonly url: string };

export async function startApi(environment: Environment = {}): Promise<Api> {
  const child = startCommand("api", environment);
  const line = await child.line((text) => text.includes("listening on"));
  const port = /:(\d+)"/.exec(line)?.[1];
  return { ...child, url: `http://127.0.0.1:${port}` };
}

export async function startWorker(environment: Environment): Promise<Child> {
  const child = startCommand("worker", environment);
  await child.line((text) => text.includes("consuming tasks"));
  return child;
}

export async function runMigrations(databaseUrl: string): Promise<void> {
  const exit = await startCommand("migrate", { DATABASE_URL: databaseUrl }).exit;
  if (exit !== 0) throw new Error(`the migrations ended with ${exit}`);
}
