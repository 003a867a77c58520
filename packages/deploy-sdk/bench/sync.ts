// Compares syncing a folder with rclone, gcloud and gsutil, side by side against one server: `pnpm bench:sync`.
//
//   --files 50,2000,20000   sizes of the tree
//   --latency 0,30          ms that the server takes for a request
//   --tools slipway,rclone  by the beginnings of their names
//   --limit 300             seconds after which a tool is ended; what would follow is left out
//   --table                 measures nothing, and prints what was measured before
//
// All of it takes an hour, most of which is gcloud's and gsutil's; what parts of it found is kept in .local/bench, and
// printed together.
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureCommand, timeProgram } from "./measure-command.ts";
import { type Case, type Cell, cases, format, keepRow, type Row, readRows, tables } from "./sync-results.ts";
import { isInstalled, type Tool, tools } from "./sync-tools.ts";
import { changeSome, countFiles, createTree, deleteSome, touchAll } from "./sync-tree.ts";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "50,2000,20000" },
    latency: { type: "string", default: "0,30" },
    tools: { type: "string", default: "" },
    limit: { type: "string", default: "300" },
    table: { type: "boolean", default: false },
  },
});
const numbers = (text: string): readonly number[] => text.split(",").map(Number);

type Server = { readonly port: number; readonly tlsPort: number; readonly process: ChildProcess };

// One of its own: two benches at once would measure each other's trees.
const scratch = mkdtempSync(join(tmpdir(), "slipway-bench-sync-"));
const folder = join(scratch, "tree");

/** For the server's TLS port; without openssl it has none. */
function createCertificate(): readonly string[] {
  const [key, cert] = [join(scratch, "key.pem"), join(scratch, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    execFileSync("openssl", [...request, "-subj", "/CN=localhost", "-keyout", key, "-out", cert], { stdio: "ignore" });
    return [key, cert];
  } catch {
    return [];
  }
}

async function startServer(latencyMs: number): Promise<Server> {
  const stub = fileURLToPath(new URL("./gcs-stub.ts", import.meta.url));
  const server = fork(stub, [String(latencyMs), ...createCertificate()]);
  const [ports] = (await once(server, "message")) as [{ port: number; tlsPort: number }];
  return { ...ports, process: server };
}

const ask = async <Answer>({ port }: Server, path: string): Promise<Answer> =>
  (await (await fetch(`http://127.0.0.1:${port}/stub/${path}`)).json()) as Answer;

async function measure(tool: Tool, server: Server, limitS: number): Promise<Cell> {
  await ask(server, "reset");
  const command = tool.command({ ...server, folder, scratch });
  const taken = await measureCommand(command, { report: join(scratch, "time"), limitS });
  if (!taken) return { overS: limitS };
  const { requests, objects } = await ask<{ requests: number; objects: number }>(server, "counts");
  if (objects !== countFiles(folder))
    throw new Error(`${tool.name} left ${objects} objects for ${countFiles(folder)} files`);
  return { ...taken, requests };
}

/** Files that were written so shortly before are too young for their checksums to be remembered. */
const tooYoungMs = 2500;

const prepare: Readonly<Record<Case, (round: number) => void | Promise<void>>> = {
  initial: () => {},
  "no-op": () => sleep(tooYoungMs),
  touched: () => touchAll(folder),
  "1 % changed": (round) => changeSome(folder, round),
  "10 % deleted": () => deleteSome(folder),
};

/** A fresh tree into an empty bucket, then case after case on what the one before left. */
async function measureRound(tool: Tool, files: number, server: Server, round: number): Promise<Map<Case, Cell>> {
  const cells = new Map<Case, Cell>();
  createTree(folder, files);
  await ask(server, "wipe");
  for (const name of tool.uploadsOnly ? cases.slice(0, 1) : cases) {
    await prepare[name](round);
    const cell = await measure(tool, server, Number(values.limit));
    cells.set(name, cell);
    process.stderr.write(`${files} files, ${tool.name}, ${name}: ${format(cell)}\n`);
    if ("overS" in cell) break;
  }
  return cells;
}

async function measureTool(tool: Tool, files: number, server: Server): Promise<Row["cells"]> {
  const rounds: Map<Case, Cell>[] = [];
  while (rounds.length < (files > 5000 ? 1 : tool.rounds))
    rounds.push(await measureRound(tool, files, server, rounds.length));
  return Object.fromEntries(
    cases.flatMap((name) => {
      const cell = medianByWall(rounds.flatMap((cells) => cells.get(name) ?? []));
      return cell ? [[name, cell]] : [];
    }),
  );
}

const wallOf = (cell: Cell): number => ("overS" in cell ? cell.overS : cell.wallS);
const medianByWall = (cells: readonly Cell[]): Cell | undefined =>
  cells.toSorted((a, b) => wallOf(a) - wallOf(b))[Math.floor(cells.length / 2)];

async function measureAll(chosen: readonly Tool[]): Promise<void> {
  for (const latencyMs of numbers(values.latency))
    for (const files of numbers(values.files)) {
      const server = await startServer(latencyMs);
      for (const { name, ...tool } of chosen) {
        const cells = await measureTool({ name, ...tool }, files, server);
        keepRow({ files, latencyMs, tool: name, takenAt: new Date().toISOString().slice(0, 16), cells });
      }
      server.process.kill();
    }
}

process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
// A tool that is being measured ends with this process.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

if (!values.table) {
  if (!existsSync(timeProgram)) throw new Error(`${timeProgram} is needed: apt-get install time`);
  const wanted = values.tools.split(",");
  await measureAll(tools.filter((tool) => wanted.some((name) => tool.name.startsWith(name)) && isInstalled(tool)));
}
process.stdout.write(
  `${tables(
    readRows(),
    tools.map(({ name }) => name),
  )}\n`,
);
