// `pnpm sync <folder> gs://bucket[/prefix]`: makes a bucket equal to a folder, on any server that speaks the JSON API.

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  applySync,
  type Compression,
  createThrottle,
  DeployError,
  type HeaderRule,
  openBucket,
  parseBucketAddress,
  planSync,
  type SyncPlan,
  type SyncProgress,
  systemRuntime,
} from "@slipway/deploy-sdk/sync";
import { type CommandContext, createCommand, runCommand } from "../command.mts";
import { syncActionLine, syncSummary } from "../present/sync.mts";

const workspace = join(import.meta.dirname, "../../../..");

type Options = {
  readonly plan: boolean;
  readonly json: boolean;
  readonly delete: boolean;
  readonly maxDelete?: string;
  readonly force: boolean;
  readonly exclude: readonly string[];
  readonly cacheControl: readonly string[];
  readonly gzip: boolean;
  readonly brotli: boolean;
  readonly concurrency?: string;
  readonly bandwidth?: string;
  readonly endpoint?: string;
  readonly anonymous: boolean;
};

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];

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
  .option("--plan", "say what would change, and change nothing", false)
  .option("--json", "one event or result a line on stdout, as JSON", false)
  .option("--delete", "objects that no file stands for go", false)
  .option("--max-delete <count>", "refuse to delete more (default: a quarter of the objects, at least 50)")
  .option("--force", "an empty folder, and more deletes than allowed, are meant", false)
  .option("--exclude <glob>", "left alone on both sides; may be given again", collect, [])
  .option(
    "--cache-control <glob=value>",
    "header for what matches; may be given again, the last that matches wins",
    collect,
    [],
  )
  .option("--gzip", "store gzipped what becomes smaller", false)
  .option(
    "--brotli",
    "store brotli: only behind a front that negotiates it, Cloud Storage does not decompress it",
    false,
  )
  .option("--concurrency <count>", "requests at once (default: 128)")
  .option("--bandwidth <bytes>", "bytes a second, such as 500k or 10M")
  .option("--endpoint <url>", "a server that speaks Cloud Storage's JSON API (default: Google's own)")
  .option("--anonymous", "without credentials", false)
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
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text) ?? [];
  const factor = { "": 1, k: 1e3, M: 1e6, G: 1e9 }[unit];
  if (digits === undefined || factor === undefined || Number(digits) === 0)
    throw usage("--bandwidth", text, "such as 500k or 10M");
  return Number(digits) * factor;
}

const parseHeaderRule = (text: string): HeaderRule => {
  const at = text.indexOf("=");
  if (at < 1) throw usage("--cache-control", text, "such as --cache-control '*.html=no-cache'");
  return { glob: text.slice(0, at), cacheControl: text.slice(at + 1) };
};

function parseCompression({ gzip, brotli }: Options): Compression {
  if (gzip && brotli) throw usage("--gzip and --brotli", "both", "an object is stored one way: give one of them");
  return brotli ? "br" : gzip ? "gzip" : "none";
}

/** Checksums of a folder's files, kept with the workspace's other caches; losing them costs time and nothing else. */
function cacheFileOf(path: string): string {
  const caches = join(workspace, ".local/cache/sync");
  mkdirSync(caches, { recursive: true });
  return join(caches, createHash("sha256").update(path).digest("hex").slice(0, 16));
}

const reportPlan = (plan: SyncPlan, { present }: CommandContext): void => {
  for (const warning of plan.warnings) present.event({ type: "warning", message: warning });
  if (options.json) return;
  for (const action of plan.actions) present.line(syncActionLine(action));
};

await runCommand(options, async (context) => {
  const { signal, present } = context;
  const { bucket, prefix } = parseBucketAddress(address);
  const concurrency = parseCount("--concurrency", options.concurrency, [1, 1024]);
  const maxDeletes = parseCount("--max-delete", options.maxDelete, [0, 1_000_000_000]);
  const bandwidth = parseBandwidth(options.bandwidth);
  const { store, close } = openBucket({
    bucket,
    runtime: systemRuntime,
    signal,
    anonymous: options.anonymous,
    ...(options.endpoint && { endpoint: options.endpoint }),
  });
  const cacheFile = cacheFileOf(resolve(folder));
  try {
    const plan = await planSync({
      folder: resolve(folder),
      prefix,
      store,
      signal,
      cacheFile,
      delete: options.delete,
      force: options.force,
      exclude: options.exclude,
      headers: options.cacheControl.map(parseHeaderRule),
      compression: parseCompression(options),
      now: systemRuntime.now,
    });
    reportPlan(plan, context);
    if (!options.plan) {
      await applySync(plan, {
        store,
        signal,
        cacheFile,
        force: options.force,
        ...(concurrency !== undefined && { limits: { concurrency: Math.max(1, concurrency) } }),
        ...(maxDeletes !== undefined && { maxDeletes }),
        ...(bandwidth !== undefined && { throttle: createThrottle(bandwidth, systemRuntime) }),
        onProgress: (progress: SyncProgress) =>
          present.event({ type: "progress", unit: bucket, label: "syncing", ...progress }),
      });
    }
    present.result({ mode: options.plan ? "plan" : "apply", ...plan }, () => syncSummary(plan, options.plan));
    return 0;
  } finally {
    await close();
  }
});
