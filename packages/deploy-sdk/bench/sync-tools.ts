// The command lines that are compared, each with the flags that its own documentation gives for this case.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Command = { readonly argv: readonly string[]; readonly env?: Readonly<Record<string, string>> };

export type Given = {
  readonly folder: string;
  readonly port: number;
  /** The same server behind TLS. */
  readonly tlsPort: number;
  /** For whatever the tool wants to write. */
  readonly scratch: string;
};

export type Tool = {
  readonly name: string;
  readonly command: (given: Given) => Command;
  /** Only the first upload: it compares nothing. */
  readonly uploadsOnly?: boolean;
  /** Programs that it needs. */
  readonly needs: readonly string[];
  /** Measured so often, where one time takes seconds. */
  readonly rounds: number;
};

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const endpoint = ({ port }: Given): string => `http://127.0.0.1:${port}`;

/** What `pnpm sync` runs: all of the command, from the start of its process. */
function syncScript(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(path("../../../package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const words = scripts["sync"]?.split(" ").slice(1) ?? [];
  return [process.execPath, ...words.map((word) => (word.startsWith("tools/") ? path(`../../../${word}`) : word))];
}

/** More at once is slower: it holds 16 MiB for each, 3 GB with 128. */
const rcloneAtOnce = "32";

export const tools: readonly Tool[] = [
  {
    name: "slipway",
    command: (given) => ({
      argv: [...syncScript(), given.folder, "gs://bench", "--delete", "--endpoint", endpoint(given)],
    }),
    needs: [],
    rounds: 3,
  },
  {
    name: "undici alone",
    command: (given) => ({ argv: [process.execPath, path("raw-undici.ts"), given.folder, endpoint(given)] }),
    uploadsOnly: true,
    needs: [],
    rounds: 3,
  },
  {
    name: "rclone sync",
    command: (given) => ({
      argv: [
        ...["rclone", "sync", given.folder, ":gcs:bench", "--checksum", "--fast-list"],
        ...["--transfers", rcloneAtOnce, "--checkers", rcloneAtOnce],
        ...["--gcs-anonymous", "--gcs-bucket-policy-only", "--gcs-no-check-bucket"],
        ...["--gcs-endpoint", `${endpoint(given)}/storage/v1/`, "--config", "/dev/null"],
      ],
    }),
    needs: ["rclone"],
    rounds: 3,
  },
  {
    name: "gcloud storage rsync",
    command: (given) => ({
      argv: [
        ...["gcloud", "storage", "rsync", given.folder, "gs://bench"],
        ...["--recursive", "--delete-unmatched-destination-objects"],
      ],
      env: gcloudEnv(given),
    }),
    needs: ["gcloud"],
    rounds: 1,
  },
  {
    name: "gsutil -m rsync",
    command: (given) => ({
      argv: ["gsutil", "-m", "rsync", "-r", "-d", given.folder, "gs://bench"],
      env: { ...gcloudEnv(given), BOTO_CONFIG: botoConfig(given) },
    }),
    needs: ["gsutil", "openssl"],
    rounds: 1,
  },
];

export const isInstalled = ({ needs }: Tool): boolean => needs.every(isOnPath);

function isOnPath(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function gcloudEnv(given: Given): Readonly<Record<string, string>> {
  const { scratch } = given;
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
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${endpoint(given)}/`,
  };
}

/** gsutil speaks TLS only. */
function botoConfig({ scratch, tlsPort }: Given): string {
  const file = join(scratch, "boto");
  const sections = {
    Credentials: { gs_json_host: "127.0.0.1", gs_json_port: tlsPort },
    Boto: { https_validate_certificates: "False" },
    GSUtil: { default_project_id: "bench", state_dir: join(scratch, "gsutil") },
  };
  const text = Object.entries(sections).flatMap(([name, values]) => [
    `[${name}]`,
    ...Object.entries(values).map(([key, value]) => `${key}=${value}`),
  ]);
  writeFileSync(file, `${text.join("\n")}\n`);
  return file;
}
