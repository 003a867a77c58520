// The stack of examples/django on a local cloud of its own, by the commands that a person would run.
import type { ReleaseReport, UnitStatus } from "@slipway/deploy-sdk";
import pg from "pg";
import { type Finished, runProcess, runScript } from "./run-command.ts";
import { resultOf } from "./stack-up.ts";

export type DjangoStack = {
  readonly endpoint: string;
  /** `provision`, `release` and the like; fails where the command does. */
  readonly run: (name: string, ...args: readonly string[]) => Promise<Finished>;
  readonly release: (...args: readonly string[]) => Promise<ReleaseReport>;
  readonly status: () => Promise<ReadonlyMap<string, UnitStatus>>;
  /** A session of the application's user in its database, through the socket that containers have under /cloudsql. */
  readonly connect: () => Promise<pg.Client>;
  readonly stop: () => Promise<void>;
};

const longMs = 480_000;
const instance = "botbalance-local/botbalance-db";

async function succeed(finished: Promise<Finished>): Promise<Finished> {
  const { code, stdout, stderr } = await finished;
  if (code !== 0) throw new Error(`it ended with ${code}:\n${stdout}\n${stderr}`);
  return finished;
}

/** Where no image can be pulled, the base of the example's image comes from Debian's packages. Kept between runs. */
export const makeRootfs = (): Promise<Finished> =>
  succeed(runProcess(["examples/django/make-rootfs.sh"], { timeoutMs: longMs }));

export async function startDjangoStack(dataDir: string): Promise<DjangoStack> {
  const started = await succeed(runScript("local", ["start", "--port", "0", "--data-dir", dataDir, "--json"]));
  const { url: endpoint } = resultOf<{ url: string }>(started);
  const env = { DEPLOY_STACK: "examples/django/stack.ts", DEPLOY_ENV: "local", DEPLOY_ENDPOINT: endpoint };
  const run = (name: string, ...args: readonly string[]): Promise<Finished> =>
    succeed(runScript(name, [...args, "--json"], { env, timeoutMs: longMs }));
  return {
    endpoint,
    run,
    release: async (...args) => resultOf<ReleaseReport>(await run("release", ...args)),
    status: async () => {
      const units = resultOf<readonly UnitStatus[]>(await run("status"));
      return new Map(units.map((unit) => [unit.unit, unit]));
    },
    connect: async () => {
      const { username: user, password, pathname } = await databaseUrl(endpoint);
      const client = new pg.Client({
        user,
        password,
        database: pathname.slice(1),
        host: `${dataDir}/sql/${instance}/socket`,
      });
      await client.connect();
      return client;
    },
    stop: async () => {
      await succeed(runScript("local", ["stop", "--data-dir", dataDir]));
    },
  };
}

/** https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access */
async function databaseUrl(endpoint: string): Promise<URL> {
  const version = "projects/botbalance-local/secrets/DATABASE_URL/versions/latest";
  const response = await fetch(`${endpoint}/v1/${version}:access`, { headers: { authorization: "Bearer test" } });
  const { payload } = (await response.json()) as { payload: { data: string } };
  // libpq's addresses need no host, the web's do.
  return new URL(Buffer.from(payload.data, "base64").toString().replace("@/", "@localhost/"));
}
