// Takes a fresh checkout to a working workspace with any Node >= 20 and npm: installs with the pinned pnpm (npm registry
// only), then hands over to the workspace's own Node and pnpm. Plain JavaScript without dependencies, because it runs first.
//   node tools/bootstrap.mjs                      install only
//   node tools/bootstrap.mjs run <script> [...]   install if needed, then `pnpm run <script>`
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (...parts) => join(root, ...parts);
const { packageManager, engines } = JSON.parse(readFileSync(at("package.json"), "utf8"));
const env = {
  ...process.env,
  PATH: [at("node_modules/.bin"), process.env.PATH].join(delimiter),
  npm_config_update_notifier: "false",
};

/** Fails with one line and its fix: there is no workspace yet that could say it better. */
function fail(what, fix) {
  console.error(`error  ${what}\n  fix  ${fix}`);
  process.exit(2);
}

/** Runs in the foreground. Ctrl-C reaches the child by the terminal; this process waits for it to clean up. */
function run(command, args) {
  const child = spawn(command, args, { cwd: root, env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  }
  return new Promise((resolve) => {
    child.on("error", (error) => fail(`${command} did not start: ${error.message}`, "install Node.js with npm"));
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

/** Changes whenever an install would: what is installed for one lockfile and platform serves until then. */
const stamp = createHash("sha256")
  .update(
    [
      process.platform,
      process.arch,
      ...["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"].map((file) => readFileSync(at(file), "utf8")),
    ].join("\0"),
  )
  .digest("hex");
const stampFile = at("node_modules/.bootstrap");
const installed = existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;

if (Number.parseInt(process.versions.node, 10) < 20)
  fail(`Node ${process.versions.node} is too old`, "install Node 20 or newer");
if (!installed) {
  console.error("Installing dependencies from the npm registry…");
  const code = await run("npx", ["--yes", packageManager, "install", "--frozen-lockfile"]);
  if (code !== 0) process.exit(code);
  writeFileSync(stampFile, stamp);
}

const wanted = Number(/\d+/.exec(engines.node)?.[0]);
const found = spawnSync("node", ["-p", "process.versions.node"], { env, encoding: "utf8" }).stdout.trim();
if (Number.parseInt(found, 10) < wanted) {
  fail(
    `Node ${found} is too old, and there is no Node package for ${process.platform}-${process.arch}`,
    `install Node ${wanted}`,
  );
}
const [verb, ...rest] = process.argv.slice(2);
if (verb === "run") process.exit(await run("pnpm", ["run", "--silent", ...rest]));
