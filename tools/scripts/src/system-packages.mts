// What npm cannot bring: programs of the operating system. As root on Debian or Ubuntu they are installed, and said;
// elsewhere the one command is printed, and on a terminal offered.
import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { DeployError } from "@slipway/deploy-sdk";

type Requirement = {
  /** Any of these on PATH will do. */
  readonly programs: readonly string[];
  readonly package: string;
  readonly purpose: string;
  /** Without a required one nothing works; without another the work goes on with a warning. */
  readonly required: boolean;
};

export type Purpose = "start" | "test";

const start: readonly Requirement[] = [
  {
    programs: ["redis-server", "valkey-server"],
    package: "redis-server",
    purpose: "Redis of the local cloud",
    required: true,
  },
  { programs: ["bwrap"], package: "bubblewrap", purpose: "sandbox of deployed images", required: false },
];
const test: readonly Requirement[] = [
  ...start,
  {
    programs: ["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
    purpose: "browser tests",
    required: true,
  },
  { programs: ["skopeo"], package: "skopeo", purpose: "judge of the registry", required: true },
  { programs: ["buildah"], package: "buildah", purpose: "builds from a Dockerfile", required: true },
  { programs: ["rclone"], package: "rclone", purpose: "judge of the storage", required: true },
];

const isOnPath = (program: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const isDebian = (): boolean => {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
};

function install(packages: readonly string[], sudo: boolean): boolean {
  const apt = (...args: readonly string[]): boolean => {
    const [command = "", ...rest] = [...(sudo ? ["sudo"] : []), "apt-get", ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
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

/**
 * Makes sure of the system's programs for a purpose.
 * @throws {DeployError} `usage` naming the one command, where a required one is missing and cannot be installed.
 */
export async function ensureSystemPackages(purpose: Purpose, say: (line: string) => void): Promise<void> {
  const missing = (purpose === "start" ? start : test).filter(({ programs }) => !programs.some(isOnPath));
  if (missing.length === 0) return;
  const packages = missing.map((requirement) => requirement.package);
  const command = `apt-get update && apt-get install -y ${packages.join(" ")}`;
  const root = process.getuid?.() === 0;
  for (const { programs, purpose } of missing) say(`missing  ${programs[0]}: ${purpose}`);
  if (isDebian() && (root || (await agrees(`Run: sudo sh -c '${command}'?`)))) {
    say(`installing  ${packages.join(" ")} (Debian packages)`);
    install(packages, !root);
  }
  const still = missing.filter(({ programs }) => !programs.some(isOnPath));
  for (const { programs } of still.filter(({ required }) => !required)) say(`warn   goes on without ${programs[0]}`);
  const lacking = still.filter(({ required }) => required);
  if (lacking.length === 0) return;
  throw new DeployError("usage", {
    subject: "this machine",
    message: `lacks ${lacking.map(({ programs }) => programs[0]).join(", ")}`,
    hint: isDebian() ? `sudo sh -c '${command}'` : `install ${packages.join(", ")} with your system's package manager`,
  });
}
