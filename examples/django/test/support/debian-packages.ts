import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
/** dpkg-query's own placeholder. */
const statusField = "$" + "{db:Status-Status}";
const list = new URL("../../packages.txt", import.meta.url);

/** Debian's Django, Celery and gunicorn: installed where that is allowed, else asked for with one command. */
export async function ensureDebianPackages(): Promise<void> {
  const names = (await readFile(list, "utf8")).trim().split("\n");
  const states = await Promise.all(names.map(isInstalled));
  const missing = names.filter((_, index) => !states[index]);
  if (missing.length === 0) return;
  const install = ["install", "--yes", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0) throw new Error(`packages are missing: sudo apt-get ${install.join(" ")}`);
  await run("apt-get", ["update"], { timeout: 120_000 });
  await run("apt-get", install, { timeout: 300_000, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}

const isInstalled = (name: string): Promise<boolean> =>
  run("dpkg-query", ["--show", `--showformat=${statusField}`, name]).then(
    ({ stdout }) => stdout === "installed",
    () => false,
  );
