// The command lines that are compared, each with the flags that its own documentation gives for this case.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Tool = {
  readonly name: string;
  readonly command: (given: { readonly folder: string; readonly port: number; readonly scratch: string }) => {
    readonly argv: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
  /** The largest tree that it is measured with. */
  readonly upTo: number;
  /** Only the first upload: it compares nothing. */
  readonly uploadsOnly?: boolean;
  readonly rounds: number;
};

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const node = [process.execPath];

/** gcloud takes minutes for 20,000 files: only where it is asked for. */
export const tools = (largestForGcloud: number): readonly Tool[] =>
  [
    {
      name: "slipway",
      command: ({ folder, port, scratch }) => ({
        argv: [...node, script("sync-run.ts"), folder, `http://127.0.0.1:${port}`, join(scratch, "checksums")],
      }),
      upTo: Number.POSITIVE_INFINITY,
      rounds: 3,
    },
    {
      name: "undici alone",
      command: ({ folder, port }) => ({ argv: [...node, script("raw-undici.ts"), folder, `http://127.0.0.1:${port}`] }),
      upTo: Number.POSITIVE_INFINITY,
      uploadsOnly: true,
      rounds: 3,
    },
    {
      name: "rclone, tuned",
      command: ({ folder, port }) => ({
        argv: [
          ...["rclone", "sync", folder, ":gcs:bench", "--checksum", "--fast-list", "--transfers", "32"],
          ...["--checkers", "32", "--gcs-anonymous", "--gcs-bucket-policy-only"],
          ...["--gcs-endpoint", `http://127.0.0.1:${port}/storage/v1/`, "--config", "/dev/null"],
        ],
      }),
      upTo: Number.POSITIVE_INFINITY,
      rounds: 3,
    },
    {
      name: "gcloud storage rsync",
      command: (given) => ({
        argv: [
          "gcloud",
          "storage",
          "rsync",
          given.folder,
          "gs://bench",
          "--recursive",
          "--delete-unmatched-destination-objects",
        ],
        env: gcloudEnv(given),
      }),
      upTo: largestForGcloud,
      rounds: 1,
    },
    {
      name: "gsutil rsync",
      command: (given) => ({
        argv: ["gsutil", "-m", "rsync", "-r", "-d", given.folder, "gs://bench"],
        env: { ...gcloudEnv(given), BOTO_CONFIG: botoConfig(given.scratch) },
      }),
      upTo: largestForGcloud,
      rounds: 1,
    },
  ] satisfies readonly Tool[];

export function isInstalled(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function gcloudEnv({
  port,
  scratch,
}: {
  readonly port: number;
  readonly scratch: string;
}): Readonly<Record<string, string>> {
  mkdirSync(join(scratch, "gcloud"), { recursive: true });
  writeFileSync(join(scratch, "token"), "token");
  return {
    CLOUDSDK_CONFIG: join(scratch, "gcloud"),
    CLOUDSDK_CORE_PROJECT: "bench",
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "1",
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "1",
    CLOUDSDK_CORE_CHECK_GCE_METADATA: "0",
    CLOUDSDK_SURVEY_DISABLE_PROMPTS: "1",
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: join(scratch, "token"),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `http://127.0.0.1:${port}/`,
  };
}

/** gsutil itself speaks TLS only; this is its own switch to the same commands over gcloud's transport. */
function botoConfig(scratch: string): string {
  const file = join(scratch, "boto");
  writeFileSync(file, "[GSUtil]\nuse_gcloud_storage=True\n");
  return file;
}
