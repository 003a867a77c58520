// `node tools/scripts/src/main.mjs <command> …`, which is what the scripts of package.json call. Loads one command, with
// Node's compile cache on: what was compiled (and stripped of its types) once is not compiled again, which halves the
// start and saves the compiler's memory. Plain JavaScript itself: what is loaded before the cache is on would be stripped
// each time, for 70 ms.
import { readdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { delimiter, join } from "node:path";
import { setFlagsFromString } from "node:v8";

const folder = import.meta.dirname;
enableCompileCache({ directory: join(folder, "../../../.local/cache/node"), portable: true });

// nx, biome and the Node that runs tasks are the workspace's own, whatever the caller's PATH has, or lacks.
const programs = join(folder, "../../../node_modules/.bin");
process.env["PATH"] = [programs, process.env["PATH"] ?? ""].join(delimiter);

const [name = ""] = process.argv.splice(2, 1);
// A sync makes much garbage and keeps next to nothing: 40 MB for 100,000 files. V8 would let that grow fourfold before it
// looks, and the nursery with it. So held back, 100,000 uploads take 185 MB instead of 316, and no more CPU. That the
// nursery is large from the start (--min-semi-space-size in package.json) saves an eighth of the CPU.
if (name === "sync")
  for (const flag of ["--semi-space-growth-factor=1", "--heap-growing-percent=50"]) setFlagsFromString(flag);
const commands = readdirSync(join(folder, "commands")).map((file) => file.replace(".mts", ""));
if (commands.includes(name)) await import(`./commands/${name}.mts`);
else {
  console.error(`error  "${name}": is no command  [usage]\n  fix  one of: ${commands.join(", ")}`);
  process.exitCode = 2;
}
