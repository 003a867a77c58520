// The backend as it is deployed: a process of its own, told by its environment.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type Child, startChild } from "./child.ts";

type Environment = Readonly<Record<string, string>>;
/** Whose end a process has: that of the test, unless its file shares it. */
type EndWith = (dispose: Child["dispose"]) => void;

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
/** What one process compiled the next one does not compile again, which halves its start. */
const compiled = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../../../../.local/cache/node", import.meta.url)),
  NODE_COMPILE_CACHE_PORTABLE: "1",
};

/** Starts a command; what the test leaves running ends with it. */
export function startCommand(command: string, environment: Environment = {}, endWith: EndWith = onTestFinished): Child {
  const child = startChild(process.execPath, ["src/main.ts", command], {
    cwd: projectFolder,
    env: { PATH: process.env["PATH"], PORT: "0", ...compiled, ...environment },
  });
  endWith(child.dispose);
  return child;
}

export type Api = Child & { readonly url: string };

export async function startApi(environment: Environment = {}, endWith?: EndWith): Promise<Api> {
  const child = startCommand("api", environment, endWith);
  const line = await child.line((text) => text.includes("listening on"));
  const port = /:(\d+)"/.exec(line)?.[1];
  return { ...child, url: `http://127.0.0.1:${port}` };
}

export async function startWorker(environment: Environment, endWith?: EndWith): Promise<Child> {
  const child = startCommand("worker", environment, endWith);
  await child.line((text) => text.includes("consuming tasks"));
  return child;
}

/** Started once for all tests of a file or a `describe`, which change neither its environment nor its life. */
function share<Value>(start: (endWith: EndWith) => Promise<Value>): () => Value {
  let value: Value | undefined;
  const disposals: Child["dispose"][] = [];
  beforeAll(async () => {
    value = await start((dispose) => disposals.push(dispose));
  });
  afterAll(() => Promise.all(disposals.map((dispose) => dispose())));
  return () => {
    if (value === undefined) throw new Error("what tests share is there while they run");
    return value;
  };
}

export const shareApi = (environment: () => Environment): (() => Api) =>
  share((endWith) => startApi(environment(), endWith));
export const shareWorker = (environment: () => Environment): (() => Child) =>
  share((endWith) => startWorker(environment(), endWith));

export async function runMigrations(databaseUrl: string): Promise<void> {
  const exit = await startCommand("migrate", { DATABASE_URL: databaseUrl }, () => {}).exit;
  if (exit !== 0) throw new Error(`the migrations ended with ${exit}`);
}
