// What npm cannot bring: programs of the operating system. As root on Debian or Ubuntu they are installed, and said;
// elsewhere the one command is printed, and on a terminal offered.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { DeployError } from "@slipway/deploy-sdk";
import { workspace } from "./workspace.mts";

type Requirement = {
  /** Any of these will do: a program on PATH, or a file or folder by its absolute path. */
  readonly anyOf: readonly string[];
  readonly package: string;
  readonly purpose: string;
  /** Without a required one nothing works; without another the work goes on with a warning. */
  readonly required: boolean;
  /** Folder of the workspace that it is needed for; where that was removed, so is the need. */
  readonly folder?: string;
};

const start: readonly Requirement[] = [
  {
    anyOf: ["redis-server", "valkey-server"],
    package: "redis-server",
    purpose: "Redis of the local cloud",
    required: true,
  },
  { anyOf: ["bwrap"], package: "bubblewrap", purpose: "sandbox of deployed images", required: false },
];
/** Debian's Python packages by the module that each holds: Debian's own Python runs the example. */
const django = Object.entries({
  celery: "celery",
  corsheaders: "python3-django-cors-headers",
  django: "python3-django",
  gunicorn: "gunicorn",
  psycopg2: "python3-psycopg2",
  redis: "python3-redis",
  rest_framework: "python3-djangorestframework",
  sentry_sdk: "python3-sentry-sdk",
}).map(([module, name]) => ({ anyOf: [`/usr/lib/python3/dist-packages/${module}`], package: name }));
const example = { purpose: "tests of examples/django", required: true, folder: "examples/django" };
const test: readonly Requirement[] = [
  ...start,
  {
    anyOf: ["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
    purpose: "browser tests",
    required: true,
  },
  { anyOf: ["skopeo"], package: "skopeo", purpose: "judge of the registry", required: true },
  { anyOf: ["buildah"], package: "buildah", purpose: "builds from a Dockerfile", required: true },
  { anyOf: ["rclone"], package: "rclone", purpose: "judge of the storage", required: true },
  { anyOf: ["mmdebstrap"], package: "mmdebstrap", ...example },
  {
    anyOf: ["gpg", "pgp"].map((suffix) => `/usr/share/keyrings/debian-archive-keyring.${suffix}`),
    package: "debian-archive-keyring",
    ...example,
  },
  ...django.map((requirement) => ({ ...requirement, ...example })),
];

const requirements = { start, test };
export type Purpose = keyof typeof requirements;

export type Machine = {
  /** Where programs are looked for, as PATH has it. */
  readonly path: string;
  readonly root: boolean;
};
const thisMachine = (): Machine => ({ path: process.env["PATH"] ?? "", root: process.getuid?.() === 0 });

export const isOnPath = (program: string, path: string): boolean =>
  path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const isThere = ({ anyOf }: Requirement, path: string): boolean =>
  anyOf.some((name) => (isAbsolute(name) ? existsSync(name) : isOnPath(name, path)));
const isNeeded = ({ folder = "" }: Requirement): boolean => existsSync(join(workspace, folder));
/** What a person knows it by. */
const nameOf = ({ anyOf: [name = ""], package: itsPackage }: Requirement): string =>
  isAbsolute(name) ? itsPackage : name;

const isDebian = (): boolean => {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
};

function install(packages: readonly string[], { path, root }: Machine): boolean {
  const apt = (...args: readonly string[]): boolean => {
    const [command = "", ...rest] = [...(root ? [] : ["sudo"]), "apt-get", ...args];
    const env = { ...process.env, PATH: path, DEBIAN_FRONTEND: "noninteractive" };
    return spawnSync(command, rest, { env, stdio: ["inherit", "ignore", "inherit"] }).status === 0;
  };
  return apt("update", "-qq") && apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
}

async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `).finally(() => terminal.close());
  return /^y(es)?$/i.test(answer.trim());
}

/** Names of the Debian packages that a purpose needs. */
export const packagesFor = (purpose: Purpose): readonly string[] =>
  requirements[purpose].filter(isNeeded).map((requirement) => requirement.package);

/**
 * Makes sure of the system's programs for a purpose.
 * @throws {DeployError} `usage` naming the one command, where a required one is missing and cannot be installed.
 */
export async function ensureSystemPackages(
  purpose: Purpose,
  say: (line: string) => void,
  machine: Machine = thisMachine(),
): Promise<void> {
  const lacks = (requirement: Requirement): boolean => isNeeded(requirement) && !isThere(requirement, machine.path);
  const missing = requirements[purpose].filter(lacks);
  if (missing.length === 0) return;
  const packages = missing.map((requirement) => requirement.package);
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  for (const requirement of missing) say(`missing  ${nameOf(requirement)}: ${requirement.purpose}`);
  if (isDebian() && (machine.root || (await agrees(`Run: sudo sh -c '${command}'?`)))) {
    say(`installing  ${packages.join(" ")} (Debian packages)`);
    install(packages, machine);
  }
  const still = missing.filter(lacks);
  for (const requirement of still) if (!requirement.required) say(`warn   goes on without ${nameOf(requirement)}`);
  const lacking = still.filter(({ required }) => required);
  if (lacking.length === 0) return;
  throw new DeployError("usage", {
    subject: "this machine",
    message: `lacks ${lacking.map(nameOf).join(", ")}`,
    hint: isDebian() ? `sudo sh -c '${command}'` : `install ${packages.join(", ")} with your system's package manager`,
  });
}
