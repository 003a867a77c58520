// `pnpm sync <folder> gs://bucket[/prefix]`: makes a bucket equal to a folder, on any server that speaks the JSON API.

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  applySync,
  type Compression,
  createThrottle,
  DeployError,
  deletesError,
  type HeaderRule,
  openBucket,
  parseBucketAddress,
  planSync,
  type SyncPlan,
  type SyncProgress,
  systemRuntime,
} from "@slipway/deploy-sdk/sync";
import { createCommand } from "../command.mts";
import { syncActionLine, syncSummary } from "../present/sync.mts";
import { type CommandContext, runCommand } from "../run-command.mts";

const workspace = join(import.meta.dirname, "../../../..");

type Options = {
  readonly plan?: true;
  readonly json?: true;
  readonly delete?: true;
  readonly maxDelete?: string;
  readonly force?: true;
  readonly exclude?: readonly string[];
  readonly cacheControl?: readonly string[];
  readonly gzip?: true;
  readonly brotli?: true;
  readonly concurrency?: string;
  readonly bandwidth?: string;
  readonly endpoint?: string;
  readonly anonymous?: true;
};

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];

const command = createCommand(
  "pnpm sync",
  "Makes the objects of a bucket equal to the files of a folder: bytes and headers.",
  [
    "pnpm sync dist gs://app.example.com --plan",
    "pnpm sync dist gs://app.example.com/docs --delete --gzip --cache-control 'assets/**=public, max-age=31536000, immutable'",
    "pnpm sync dist gs://site --endpoint http://127.0.0.1:8790",
  ],
)
  .argument("<folder>", "what the bucket is to hold")
  .argument("<address>", "gs://bucket or gs://bucket/prefix")
  .option("--plan", "say what would change, and change nothing")
  .option("--json", "one event or result a line on stdout, as JSON")
  .option("--delete", "objects that no file stands for go")
  .option("--max-delete <count>", "refuse to delete more (default: a quarter of the objects, at least 50)")
  .option("--force", "an empty folder, and more deletes than allowed, are meant")
  .option("--exclude <glob>", "left alone on both sides, such as '*.map' or 'drafts/'; may be given again", collect)
  .option(
    "--cache-control <glob=value>",
    "header for what matches, none if the value is empty; may be given again, the last that matches wins",
    collect,
  )
  .option("--gzip", "store gzipped what becomes smaller")
  .option("--brotli", "store brotli: only behind a front that negotiates it, Cloud Storage does not decompress it")
  .option("--concurrency <count>", "requests at once (default: 128)")
  .option("--bandwidth <bytes>", "bytes a second, such as 500k or 10M")
  .option("--endpoint <url>", "a server that speaks Cloud Storage's JSON API (default: Google's own)")
  .option("--anonymous", "without credentials")
  .parse();
const options = command.opts<Options>();
const [folder = "", address = ""] = command.args;

const usage = (option: string, value: string, hint: string): DeployError =>
  new DeployError("usage", { subject: option, message: `"${value}" is not understood`, hint });

function parseCount(
  option: string,
  value: string | undefined,
  [least, most]: readonly [number, number],
): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (/^\d+$/.test(value) && least <= count && count <= most) return count;
  throw usage(option, value, `give a number from ${least} to ${most}`);
}

/** `500k` → 500,000 bytes a second. */
function parseBandwidth(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([kMG]?)$/i.exec(text) ?? [];
  const factor = { "": 1, k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()];
  if (digits === undefined || factor === undefined || Number(digits) === 0)
    throw usage("--bandwidth", text, "such as 500k or 10M");
  return Number(digits) * factor;
}

/** What a header can hold: RFC 9110, 5.5, without what nobody means. */
const headerValue = /^[\x20-\x7e]*$/;

const parseHeaderRule = (text: string): HeaderRule => {
  const at = text.indexOf("=");
  const [glob, cacheControl] = [text.slice(0, at), text.slice(at + 1).trim()];
  if (at < 1 || !headerValue.test(cacheControl))
    throw usage("--cache-control", text, "such as --cache-control '*.html=no-cache'");
  return { glob, cacheControl };
};

function parseCompression({ gzip, brotli }: Options): Compression {
  if (gzip && brotli)
    throw new DeployError("usage", {
      subject: "--gzip and --brotli",
      message: "exclude each other",
      hint: "an object is stored one way: give one of them",
    });
  return brotli ? "br" : gzip ? "gzip" : "none";
}

/** Checksums of a folder's files, kept with the workspace's other caches; losing them costs time and nothing else. */
function cacheFileOf(path: string): string {
  const caches = join(workspace, ".local/cache/sync");
  mkdirSync(caches, { recursive: true });
  return join(caches, createHash("sha256").update(path).digest("hex").slice(0, 16));
}

/** So many lines are one write. */
const linesAtOnce = 500;

function reportPlan(plan: SyncPlan, { present }: CommandContext): void {
  for (const message of plan.warnings) present.event({ type: "warning", message });
  if (options.json) return;
  for (let start = 0; start < plan.actions.length; start += linesAtOnce)
    present.line(
      plan.actions
        .slice(start, start + linesAtOnce)
        .map(syncActionLine)
        .join("\n"),
    );
}

const { plan: planOnly = false, json = false, force = false } = options;

await runCommand({ json }, async (context) => {
  const { signal, present } = context;
  const startedAt = performance.now();
  const { bucket, prefix } = parseBucketAddress(address);
  const concurrency = parseCount("--concurrency", options.concurrency, [1, 1024]);
  const maxDeletes = parseCount("--max-delete", options.maxDelete, [0, 1_000_000_000]);
  const bandwidth = parseBandwidth(options.bandwidth);
  const wanted = {
    delete: options.delete ?? false,
    exclude: options.exclude ?? [],
    headers: (options.cacheControl ?? []).map(parseHeaderRule),
    compression: parseCompression(options),
  };
  const allowed = { force, ...(maxDeletes !== undefined && { maxDeletes }) };
  const { store, close } = openBucket({
    bucket,
    runtime: systemRuntime,
    signal,
    anonymous: options.anonymous ?? false,
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
  });
  const cacheFile = cacheFileOf(resolve(folder));
  const tell = (label: string, progress: SyncProgress): void =>
    present.event({ type: "progress", unit: bucket, label, ...progress });
  try {
    const plan = await planSync({
      ...wanted,
      folder: resolve(folder),
      prefix,
      store,
      signal,
      cacheFile,
      force,
      now: systemRuntime.now,
      onHashing: (done) => present.event({ type: "progress", unit: folder, label: "reading", done, total: 0 }),
    });
    reportPlan(plan, context);
    const refusal = deletesError(plan, allowed);
    if (planOnly && refusal) {
      const hint = refusal.hint === undefined ? {} : { hint: refusal.hint };
      present.event({ type: "warning", message: `this would be refused: ${refusal.message}`, ...hint });
    }
    if (!planOnly)
      await applySync(plan, {
        ...allowed,
        store,
        signal,
        cacheFile,
        ...(concurrency !== undefined && { limits: { concurrency } }),
        ...(bandwidth !== undefined && { throttle: createThrottle(bandwidth, systemRuntime) }),
        onProgress: (progress) => tell("syncing", progress),
      });
    const tookMs = performance.now() - startedAt;
    present.result({ mode: planOnly ? "plan" : "apply", tookMs: Math.round(tookMs), ...plan }, () =>
      syncSummary(plan, planOnly, tookMs),
    );
    return 0;
  } finally {
    await close();
  }
});
