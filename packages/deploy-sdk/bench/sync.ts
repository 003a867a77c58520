// Compares syncing a folder with rclone, gcloud and gsutil, in one run, against one server: `pnpm bench:sync`.
//   --files 50,2000,20000   --latency 0,30   --tools slipway,rclone   --full (gcloud also with 20,000 files)
// Wall time, CPU of the tool with its children, peak memory of its largest process, requests that reached the server.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isInstalled, type Tool, tools } from "./sync-tools.ts";
import { changeSome, countFiles, createTree, deleteSome, touchAll } from "./sync-tree.ts";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "50,2000,20000" },
    latency: { type: "string", default: "0,30" },
    tools: { type: "string", default: "" },
    full: { type: "boolean", default: false },
  },
});
const list = (text: string): readonly number[] => text.split(",").map(Number);

const cases = ["initial", "no-op", "touched", "1 % changed", "10 % deleted"] as const;
type Case = (typeof cases)[number];
type Cell = { readonly wallS: number; readonly cpuS: number; readonly peakMb: number; readonly requests: number };
type Row = { readonly tool: string; readonly cells: ReadonlyMap<Case, Cell> };
type Server = { readonly port: number; readonly process: ChildProcess };

const timeProgram = "/usr/bin/time";

async function startServer(latencyMs: number): Promise<Server> {
  const stub = fileURLToPath(new URL("./gcs-stub.ts", import.meta.url));
  const server = fork(stub, [String(latencyMs)]);
  const [port] = await once(server, "message");
  return { port: Number(port), process: server };
}

const ask = async <Answer>({ port }: Server, path: string): Promise<Answer> =>
  (await (await fetch(`http://127.0.0.1:${port}/stub/${path}`)).json()) as Answer;

/** Runs a tool once under GNU time, which knows what a process and its children took. */
async function measure(tool: Tool, server: Server, folder: string, scratch: string): Promise<Cell> {
  const { argv, env } = tool.command({ folder, port: server.port, scratch });
  const report = join(scratch, "time");
  await ask(server, "reset");
  const startedAt = performance.now();
  const child = spawn(timeProgram, ["-f", "%U %S %M", "-o", report, ...argv], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  const [code] = await once(child, "close");
  const wallS = (performance.now() - startedAt) / 1000;
  if (code !== 0)
    throw new Error(`${argv.join(" ")} ended with ${code}: ${Buffer.concat(complaints).toString().slice(-2000)}`);
  const [user = 0, system = 0, peakKb = 0] = readFileSync(report, "utf8").trim().split(" ").map(Number);
  const { requests, objects } = await ask<{ requests: number; objects: number }>(server, "counts");
  if (objects !== countFiles(folder))
    throw new Error(`${tool.name} left ${objects} objects for ${countFiles(folder)} files`);
  return { wallS, cpuS: user + system, peakMb: (peakKb * 1024) / 1e6, requests };
}

const prepare: Readonly<Record<Case, (folder: string, round: number) => void>> = {
  initial: () => {},
  "no-op": () => {},
  touched: touchAll,
  "1 % changed": changeSome,
  "10 % deleted": deleteSome,
};

async function measureTool(tool: Tool, files: number, server: Server): Promise<Row> {
  const scratch = mkdtempSync(join(tmpdir(), "bench-sync-"));
  const folder = join(scratch, "tree");
  const cells = new Map<Case, Cell[]>();
  const rounds = files > 5000 ? 1 : tool.rounds;
  for (let round = 0; round < rounds; round += 1) {
    createTree(folder, files);
    rmSync(join(scratch, "checksums"), { force: true });
    await ask(server, "wipe");
    for (const name of tool.uploadsOnly ? cases.slice(0, 1) : cases) {
      prepare[name](folder, round);
      // Checksums of a file are remembered when it is older than clocks are coarse.
      if (name === "no-op") await new Promise((resolve) => setTimeout(resolve, 2500));
      cells.set(name, [...(cells.get(name) ?? []), await measure(tool, server, folder, scratch)]);
    }
  }
  rmSync(scratch, { recursive: true, force: true });
  return { tool: tool.name, cells: new Map(Array.from(cells, ([name, found]) => [name, medianByWall(found)])) };
}

function medianByWall(cells: readonly Cell[]): Cell {
  const sorted = cells.toSorted((a, b) => a.wallS - b.wallS);
  return sorted[Math.floor(sorted.length / 2)] ?? { wallS: 0, cpuS: 0, peakMb: 0, requests: 0 };
}

const format = ({ wallS, cpuS, peakMb, requests }: Cell): string =>
  `${wallS.toFixed(2)} / ${cpuS.toFixed(2)} / ${peakMb.toFixed(0)} / ${requests}`;

function table(files: number, latencyMs: number, rows: readonly Row[]): string {
  return [
    `### ${files.toLocaleString("en")} files, ${latencyMs} ms a request`,
    "",
    `| | ${cases.join(" | ")} |`,
    `|---|${cases.map(() => "---").join("|")}|`,
    ...rows.map(
      ({ tool, cells }) =>
        `| ${tool} | ${cases
          .map((name) => cells.get(name))
          .map((cell) => (cell ? format(cell) : "–"))
          .join(" | ")} |`,
    ),
    "",
  ].join("\n");
}

if (!existsSync(timeProgram)) throw new Error(`${timeProgram} is needed: apt-get install time`);
mkdirSync(tmpdir(), { recursive: true });
const chosen = tools(values.full ? Number.POSITIVE_INFINITY : 2000).filter(
  (tool) =>
    (values.tools === "" || values.tools.split(",").some((name) => tool.name.startsWith(name))) &&
    isInstalled(tool.command({ folder: "", port: 0, scratch: tmpdir() }).argv[0] ?? ""),
);
process.stdout.write(
  `Cells: wall s / CPU s / peak MB / requests. Node ${process.version}, ${cpus().length} cores.\n\n`,
);
for (const latencyMs of list(values.latency))
  for (const files of list(values.files)) {
    const server = await startServer(latencyMs);
    const rows: Row[] = [];
    for (const tool of chosen.filter(({ upTo }) => files <= upTo)) rows.push(await measureTool(tool, files, server));
    server.process.kill();
    process.stdout.write(`${table(files, latencyMs, rows)}\n`);
  }
