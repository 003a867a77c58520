// `pnpm bench`: what a person waits for and what the local cloud can do, as medians of five, with what is counted. Prints
// the tables of docs/benchmarks.md.
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { DeployError } from "@slipway/deploy-sdk";
import { bringUp } from "../bench/bring-up.mts";
import { classic } from "../bench/classic.mts";
import { cloud } from "../bench/cloud.mts";
import { figuresTable, type Measured, type Summary, summarise } from "../bench/figures.mts";
import type { Part } from "../bench/part.mts";
import { createCommand } from "../command.mts";
import { formatBytes } from "../present/format.mts";
import { type CommandContext, runCommand } from "../run-command.mts";
import { isOnPath } from "../system-packages.mts";

const parts: Readonly<Record<string, Part>> = { "bring-up": bringUp, cloud, classic };

const command = createCommand("pnpm bench", "Measures what a person waits for. Run it when nothing else does.", [
  "pnpm bench",
  "pnpm bench cloud --rounds 1 --json",
])
  .argument("[parts...]", `${Object.keys(parts).join(", ")} (default: all)`)
  .option("--rounds <count>", "medians of so many", "5")
  .option("--json", "the figures as JSON", false)
  .parse();
const options = command.opts<{ readonly rounds: string; readonly json: boolean }>();

const usage = (subject: string, message: string, hint: string): DeployError =>
  new DeployError("usage", { subject, message, hint });

function roundsOf(text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw usage("--rounds", `"${text}" is no number of rounds`, "give a number from 1 to 99");
}

function partOf(name: string): Part {
  const part = parts[name];
  if (part) return part;
  throw usage(`part "${name}"`, "is none of this benchmark", `one of: ${Object.keys(parts).join(", ")}`);
}

const missingFor = ({ needs = [] }: Part): readonly string[] =>
  needs.filter((program) => !isOnPath(program, process.env["PATH"] ?? ""));

/** Those that are named, which must be possible here; else all that are. */
function choose(names: readonly string[], { present }: CommandContext): readonly Part[] {
  const chosen = names.length > 0 ? names.map(partOf) : Object.values(parts);
  return chosen.filter((part) => {
    const missing = missingFor(part);
    if (missing.length === 0) return true;
    if (names.length > 0) throw usage(part.title, `needs ${missing.join(", ")}`, `install ${missing.join(", ")}`);
    present.line(`warn   without "${part.title}": ${missing.join(", ")} not installed`);
    return false;
  });
}

async function measureOnce(part: Part, { signal, present }: CommandContext): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-"));
  try {
    return await part.measure({ folder, signal, say: (line) => present.line(`  ${line}`) });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function measure(part: Part, rounds: number, context: CommandContext): Promise<readonly Summary[]> {
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    context.present.line(`${part.title}, round ${round} of ${rounds}`);
    measured.push(await measureOnce(part, context));
    context.signal.throwIfAborted();
  }
  return summarise(part.figures, measured);
}

await runCommand(options, async (context) => {
  const rounds = roundsOf(options.rounds);
  const measured: { readonly title: string; readonly figures: readonly Summary[] }[] = [];
  for (const part of choose(command.args, context))
    measured.push({ title: part.title, figures: await measure(part, rounds, context) });
  const machine = `${cpus().length} cores, ${formatBytes(totalmem())}, Node ${process.version}, medians of ${rounds}`;
  context.present.result({ machine, parts: measured }, () =>
    [machine, ...measured.flatMap(({ title, figures }) => [`## ${title}`, figuresTable(figures)])].join("\n\n"),
  );
  return 0;
});
