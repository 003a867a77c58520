// Values of secrets are in Secret Manager, in the servers that they open and in the containers that use them, and nowhere
// else: not in what any command says, in a log, a record, a plan, a resource or a command line.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { containerProcesses, descendants } from "../support/container-processes.ts";
import { filesWith, formsOf, textsIn } from "../support/find-texts.ts";
import { runScript } from "../support/run-command.ts";
import { database, project, type Serving, type Session } from "./session.ts";

const sentryDsn = "http://b7c1d0a94e2f4a6c8d1e3f5a7b9c0d2e@127.0.0.1:9/1";

type Listing = {
  readonly items?: readonly { readonly name: string }[];
  readonly secrets?: readonly { readonly name: string }[];
};

/** Of an address such as `postgresql://user:password@/database`, which not every URL parser takes. */
const passwordOf = (address: string): string | undefined => /^\w+:\/\/[^:@/]*:([^@]+)@/.exec(address)?.[1];

export function judgeSecrets(use: () => Session, look: () => Serving): void {
  describe("secrets", () => {
    /** Texts that must not be seen, in every form. */
    let forbidden: readonly string[];
    /** Of each secret by name. */
    const values = new Map<string, string>();
    /** All that each command wrote, by its line. */
    const said = new Map<string, string>();
    let commandLines: readonly string[];

    const get = async (path: string): Promise<string> => {
      const { status, text } = await ask(`${look().stack.endpoint}${path}`);
      expect(status, text).toBe(200);
      return text;
    };

    const run = async (expected: number, command: string, args: readonly string[] = [], input = ""): Promise<void> => {
      const { env, cwd } = look().stack;
      const { code, stdout, stderr } = await runScript(command, args, { env, cwd, input });
      said.set([command, ...args].join(" "), stdout + stderr);
      expect(code, stdout + stderr).toBe(expected);
    };

    const readSecrets = async (): Promise<void> => {
      const { secrets = [] }: Listing = JSON.parse(await get(`/v1/projects/${project}/secrets`));
      for (const { name } of secrets) {
        const { payload } = JSON.parse(await get(`/v1/${name}/versions/latest:access`)) as {
          payload: { data: string };
        };
        values.set(name.split("/").at(-1) ?? "", Buffer.from(payload.data, "base64").toString());
      }
      // What opens a server is the password in its address.
      const passwords = [...values.values()].flatMap((value) => passwordOf(value) ?? []);
      forbidden = [...values.values(), ...passwords, ...passwords.map(decodeURIComponent)].flatMap(formsOf);
    };

    beforeAll(async () => {
      const { first } = use();
      said.set("npm start -- --once", first.stdout + first.stderr);
      await run(0, "secret", ["set", "SENTRY_DSN"], sentryDsn);
      await run(0, "secret", ["list", "--json"]);
      await run(0, "release", ["--plan"]);
      await run(0, "release", ["--plan", "--json"]);
      await run(0, "release", ["migrate", "api", "worker", "--json"]);
      await readSecrets();
      // A failure tells most: the API cannot be well without its database.
      await look().control(`${database}:stop`);
      await run(4, "rollback", ["api"]);
      await look().control(`${database}:start`);
      for (const command of ["status", "history", "provision"]) await run(0, command, ["--json"]);
      for (const unit of ["api", "worker", "migrate"]) await run(0, "logs", [unit, "--limit", "1000", "--json"]);
      commandLines = use().commandLines();
    }, 300_000);

    test("there are values to look for, and containers have them", () => {
      expect([...values.keys()].toSorted()).toEqual([
        "DATABASE_URL",
        "DJANGO_SECRET_KEY",
        "ENCRYPTION_KEY",
        "REDIS_URL",
        "SENTRY_DSN",
      ]);
      expect(values.get("SENTRY_DSN")).toBe(sentryDsn);
      for (const name of ["DATABASE_URL", "REDIS_URL"]) expect(passwordOf(values.get(name) ?? "")).toMatch(/.{20}/);
      const containers = containerProcesses(look().stack.child.pid ?? 0);
      expect(containers.map(({ argv }) => argv.at(-1)).toSorted()).toEqual(["api", "worker"]);
      for (const { pid } of containers) {
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        for (const [name, value] of values) expect(environment.includes(`${name}=${value}`), name).toBe(true);
      }
    });

    describe("no value is in", () => {
      test("what the commands say of plans, releases, failures, status, history and logs", () => {
        expect(said.get("release --plan")).toContain("secrets.SENTRY_DSN");
        expect(said.get("rollback api")).toContain("[unhealthy]");
        expect(said.get("logs api --limit 1000 --json")).toContain('"severity":"DEBUG"');
        for (const [command, text] of said) expect(textsIn(text, forbidden), command).toEqual([]);
        expect(textsIn(look().stack.output(), forbidden)).toEqual([]);
      });

      test("a command line, of any process, at any time", () => {
        for (const program of ["unit api", "postgres", "redis-server", "bwrap"])
          expect(
            commandLines.some((line) => line.includes(program)),
            program,
          ).toBe(true);
        expect(commandLines.filter((line) => textsIn(line, forbidden).length > 0)).toEqual([]);
      });

      test("the environment of a process that is no container", () => {
        const containers = new Set(containerProcesses(look().stack.child.pid ?? 0).map(({ pid }) => pid));
        const others = [look().stack.child.pid ?? 0, ...descendants(look().stack.child.pid ?? 0)].filter(
          (pid) => !containers.has(pid),
        );
        const readable = others.flatMap((pid) => {
          try {
            return [{ pid, environment: readFileSync(`/proc/${pid}/environ`, "utf8") }];
          } catch {
            return [];
          }
        });
        expect(readable.length).toBeGreaterThan(3);
        expect(readable.filter(({ environment }) => textsIn(environment, forbidden).length > 0)).toEqual([]);
      });

      test("an object of the state bucket or of the site", async () => {
        for (const bucket of [`${project}-deploy-state`, "app.botbalance.me"]) {
          const listing = await get(`/storage/v1/b/${bucket}/o`);
          const { items = [] }: Listing = JSON.parse(listing);
          expect(items.length).toBeGreaterThan(4);
          expect(textsIn(listing, forbidden)).toEqual([]);
          for (const { name } of items) {
            const object = await get(`/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`);
            expect(textsIn(object, forbidden), name).toEqual([]);
          }
        }
      });

      test("a service, a worker pool, a job or a revision, which name the secret's version", async () => {
        const parent = `/v2/projects/${project}/locations/asia-southeast1`;
        for (const path of ["services", "workerPools", "jobs", "services/botbalance-api/revisions"]) {
          const text = await get(`${parent}/${path}`);
          expect(text).toContain("DATABASE_URL");
          expect(textsIn(text, forbidden), path).toEqual([]);
        }
      });

      test("a file, but for the stores of Secret Manager and of the servers themselves, which only their owner reads", () => {
        const { clone, dataDir } = use().place;
        const found = filesWith(dataDir, forbidden);
        const stores = /^(secrets\/|redis\/.*\/botbalance-redis(\.auth|\/redis\.conf)$)/;
        expect(found.some((path) => stores.test(path))).toBe(true);
        expect(found.filter((path) => !stores.test(path))).toEqual([]);
        expect(found.filter((path) => (statSync(join(dataDir, path)).mode & 0o077) !== 0)).toEqual([]);
        for (const path of [".nx", ".local/cache/node"]) expect(filesWith(join(clone, path), forbidden)).toEqual([]);
      });
    });
  });
}
