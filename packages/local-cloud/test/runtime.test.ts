import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ContainerRequest,
  type ContainerRuntime,
  createContainerRuntime,
} from "../src/runtime/container-runtime.ts";
import type { LogSource } from "../src/runtime/log-entry.ts";
import { createLogStore } from "../src/runtime/log-store.ts";
import { createTestImages, type TestImages } from "./runtime-images.ts";

const source: LogSource = {
  project: "demo",
  resource: { type: "cloud_run_job", labels: { project_id: "demo", location: "asia-southeast1", job_name: "probe" } },
  labels: {},
};
const signal = AbortSignal.timeout(120_000);

/** Prints what a container sees of itself. */
const tellScript = `
const fs = require("fs");
const read = (path) => { try { return fs.readFileSync(path, "utf8") } catch (error) { return error.code } };
const mayWrite = (path) => { try { fs.closeSync(fs.openSync(path, "r+")); return "yes" } catch (error) { return error.code } };
const write = (path) => { try { fs.writeFileSync(path, "x"); return "written" } catch (error) { return error.code } };
console.log(JSON.stringify({ message: "tell", argv: process.argv.slice(2), env: process.env, cwd: process.cwd(),
  uid: process.getuid(), gid: process.getgid(), pid: process.pid, secret: read("/secrets/deep/token"),
  mode: (() => { try { return (fs.statSync("/secrets/deep/token").mode & 0o777).toString(8) } catch { return "none" } })(),
  wrote: write("/app/written"), temporary: write("/tmp/x"), home: read("/work-main-probe"), caps: read("/proc/self/status").match(/CapEff:\\s*(\\w+)/)?.[1],
  machine: ["/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"].map(mayWrite), resolv: read("/etc/resolv.conf") }));
`;

describe.each(["bubblewrap", "host"] as const)("a container run by the %s driver", (driver) => {
  let dir: string;
  let images: TestImages;
  let runtime: ContainerRuntime;
  let next = 0;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "runtime-"));
    images = createTestImages(dir);
    const log = (line: string): void => void line;
    runtime = createContainerRuntime({
      stateDir: join(dir, "state"),
      images,
      logs: createLogStore({ dir: join(dir, "logs"), now: () => new Date() }),
      now: () => new Date(),
      log,
      driver,
      graceMs: 700,
    });
    await runtime.open();
  });
  afterAll(async () => {
    await runtime.close();
    rmSync(dir, { recursive: true, force: true });
  });

  type Ask = Partial<Omit<ContainerRequest, "image">> & { readonly script?: string; readonly config?: object };

  const start = async ({ script = tellScript, config = {}, ...request }: Ask = {}) => {
    next += 1;
    const reference = await images.add(
      `probe${next}`,
      [
        { name: "app/main.js", content: script },
        { name: "app/run.sh", content: "#!/usr/local/bin/node\n" },
      ],
      {
        Entrypoint: ["node", "/app/main.js"],
        Cmd: ["default"],
        ...config,
      },
    );
    const image = await images.resolve(reference);
    if (!image) throw new Error("no image");
    return runtime.start(
      {
        id: `${driver}-${next}`,
        image,
        command: [],
        args: [],
        workingDir: "",
        env: {},
        memoryBytes: 512 * 2 ** 20,
        mounts: [],
        log: source,
        ...request,
      },
      signal,
    );
  };
  const lastJson = (): Readonly<Record<string, unknown>> => {
    const entries = runtime.logs.read({ project: "demo" }, 1000);
    const entry = entries.findLast(({ jsonPayload }) => jsonPayload?.["message"] === "tell");
    if (!entry?.jsonPayload) throw new Error("it told nothing");
    return entry.jsonPayload;
  };
  const logText = () => runtime.logs.read({ project: "demo" }, 1000).map(({ textPayload }) => textPayload);

  it("gets the image's command, variables and folder, and what the caller sets over them", async () => {
    const config = { Env: ["A=image", "B=image", "PATH=/usr/local/bin"], WorkingDir: "/app" };
    const container = await start({ config, env: { B: "caller", PORT: "1234" } });
    expect(await container.exited).toMatchObject({ code: 0 });
    const told = lastJson();
    expect(told["argv"]).toEqual(["default"]);
    expect(told["env"]).toMatchObject({ A: "image", B: "caller", PORT: "1234" });
    expect(told["env"]).not.toHaveProperty("VITEST");
    expect(told["cwd"]).toMatch(/\/app$/);
  });

  it("has args that replace CMD, and a command that drops both", async () => {
    await (await start({ args: ["migrate", "--all"] })).exited;
    expect(lastJson()["argv"]).toEqual(["migrate", "--all"]);
    await (await start({ command: ["node"], args: ["/app/main.js"] })).exited;
    expect(lastJson()["argv"]).toEqual([]);
  });

  it("finds files of secrets with their mode, and what it writes is gone with it", async () => {
    const content = Buffer.from("hunter2");
    const mounts = [
      { kind: "files" as const, target: "/secrets", files: [{ path: "deep/token", mode: 0o440, content }] },
    ];
    await (await start({ mounts })).exited;
    if (driver === "bubblewrap") expect(lastJson()).toMatchObject({ secret: "hunter2", mode: "440", wrote: "written" });
    expect(readdirSync(join(dir, "state/instances"))).toEqual([]);
  });

  it("ends with its own code, or with the signal that ended it", async () => {
    expect(await (await start({ script: "process.exit(3)" })).exited).toMatchObject({ code: 3, signal: undefined });
    const container = await start({ script: "setInterval(() => {}, 1000)" });
    container.kill("SIGKILL");
    expect(await container.exited).toMatchObject({ code: undefined, signal: "SIGKILL", outOfMemory: undefined });
  });

  // https://cloud.google.com/run/docs/container-contract#instance-shutdown: SIGTERM, and SIGKILL 10 seconds later
  it("is sent SIGTERM and may end in peace; one that does not is killed after the grace", async () => {
    const gentle = await start({
      script:
        "process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); setInterval(() => {}, 1000); console.log('up')",
    });
    await expect.poll(logText, { timeout: 10_000 }).toContain("up");
    expect(await gentle.stop()).toMatchObject({ code: 0 });
    expect(logText()).toContain("bye");
    const stubborn = await start({
      script: "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('stubborn up')",
    });
    await expect.poll(logText, { timeout: 10_000 }).toContain("stubborn up");
    expect(await stubborn.stop()).toMatchObject({ signal: "SIGKILL" });
    expect(logText()).toContain("no");
  });

  it("can open its standard output as a file", async () => {
    await (await start({ script: "require('fs').writeFileSync('/dev/stdout', 'through the file\\n')" })).exited;
    expect(logText()).toContain("through the file");
  });

  it("is ended when it takes more memory than it may", async () => {
    const script = "const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * 2 ** 20, 1)), 10)";
    const exit = await (await start({ script, memoryBytes: 160 * 2 ** 20 })).exited;
    expect(exit.outOfMemory?.usedBytes).toBeGreaterThan(100 * 2 ** 20);
  });

  it("answers at once when the command is not in the image", async () => {
    await expect(start({ command: ["celery"] })).rejects.toMatchObject({
      code: "command-missing",
      message: expect.stringContaining('error finding executable "celery" in PATH'),
    });
  });

  it("answers when the image names a user that it does not have", async () => {
    await expect(start({ config: { User: "django" } })).rejects.toMatchObject({ code: "user-unknown" });
  });

  if (driver === "bubblewrap")
    it("sees its own user, root and processes only", async () => {
      await (await start({ config: { User: "node" } })).exited;
      expect(lastJson()).toMatchObject({
        uid: 1000,
        gid: 1000,
        pid: 1,
        wrote: "written",
        temporary: "written",
        home: "ENOENT",
      });
      expect(lastJson()["env"]).toMatchObject({ HOME: "/home/node" });
      expect(lastJson()["machine"], "settings of this machine").not.toContain("yes");
      await (await start()).exited;
      expect(lastJson()).toMatchObject({
        uid: 0,
        caps: "0000000000000000",
        resolv: readFileSync("/etc/resolv.conf", "utf8"),
      });
    });

  it("reaches a socket of this machine below /cloudsql, by the path that a variable names", async () => {
    const sockets = join(dir, "sockets");
    mkdirSync(sockets);
    const server = createServer((socket) => socket.end("postgres says hello")).listen(join(sockets, ".s.PGSQL.5432"));
    const script =
      "require('net').connect(process.env.DATABASE_HOST + '/.s.PGSQL.5432').on('data', (data) => console.log(String(data)))";
    const container = await start({
      script,
      env: { DATABASE_HOST: "/cloudsql/p:r:i" },
      mounts: [{ kind: "folder", source: sockets, target: "/cloudsql/p:r:i" }],
      config: { User: "node" },
    });
    expect(await container.exited).toMatchObject({ code: 0 });
    expect(logText()).toContain("postgres says hello");
    server.close();
  });

  it("shows no variable's value on any command line", async () => {
    const container = await start({
      env: { TOKEN: "s3cr3t-value" },
      script: "console.log('started'); setInterval(() => {}, 1000)",
    });
    await expect.poll(logText, { timeout: 10_000 }).toContain("started");
    const lines = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8");
        } catch {
          return "";
        }
      });
    expect(lines.filter((line) => line.includes("s3cr3t-value"))).toEqual([]);
    await container.stop();
  });
});
