// The example's processes as they are deployed: told by their environment, run by Debian's Python.
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Child, startChild } from "../../../../apps/backend/test/support/child.ts";
import { freePort } from "../../../../apps/backend/test/support/free-port.ts";
import stack from "../../stack.ts";

export type Environment = Readonly<Record<string, string>>;

export const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
/** Debian's own: another Python on PATH does not see Debian's packages. */
export const python = "/usr/bin/python3";

/** Starts a program; what the test leaves running ends with it. */
export function startPython(args: readonly string[], environment: Environment): Child {
  const child = startChild(python, args, {
    cwd: projectFolder,
    env: { PATH: process.env["PATH"], PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1", ...environment },
  });
  onTestFinished(child.dispose);
  return child;
}

export const startManage = (args: readonly string[], environment: Environment): Child =>
  startPython(["manage.py", ...args], environment);

export type Api = Child & { readonly url: string };

export async function startApi(environment: Environment): Promise<Api> {
  const port = await freePort();
  const child = startPython(["-m", "gunicorn.app.wsgiapp", ...stack.services.api.args], {
    ...environment,
    PORT: String(port),
  });
  // gunicorn's main process listens before its worker can answer; the connection waits.
  await child.line((line) => line.includes("Booting worker"));
  return { ...child, url: `http://127.0.0.1:${port}` };
}

export async function startWorker(environment: Environment): Promise<Child> {
  const { command = [], args = [] } = stack.workers.worker;
  const child = startPython(["-m", ...command, ...args], environment);
  await child.line((line) => line.includes("ready."));
  return child;
}
