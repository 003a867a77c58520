// The tree that is synced: like a Vite build, with names, sizes and contents that are the same in every run.
import { mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** 2,000 files are 45.8 MB; more than 20,000 would be more than a disk should be asked for. */
const averageBytes = (files: number): number => (files > 20_000 ? 2290 : 22_900);

/** Linear congruential: the same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

const pathOf = (index: number): string =>
  index === 0
    ? "index.html"
    : `assets/part${index % 20}/chunk${index}-${(index * 7919).toString(36).padStart(7, "B")}Z9.js`;

export function createTree(folder: string, files: number): void {
  rmSync(folder, { recursive: true, force: true });
  for (let part = 0; part < 20; part += 1) mkdirSync(join(folder, `assets/part${part}`), { recursive: true });
  const next = numbers(files);
  for (let index = 0; index < files; index += 1) {
    const size = Math.max(64, Math.floor(2 * averageBytes(files) * next()));
    writeFileSync(join(folder, pathOf(index)), Buffer.alloc(size, `export const n${index} = "${index}";\n`));
  }
}

/** New times, old bytes: what every checkout in CI does. */
export function touchAll(folder: string): void {
  const now = new Date();
  for (const path of filesBelow(folder)) utimesSync(join(folder, path), now, now);
}

/** Every hundredth file gets other bytes of the same length. */
export function changeSome(folder: string, round: number): void {
  for (const [index, path] of filesBelow(folder).entries()) {
    if (index % 100 !== 25) continue;
    const bytes = readFileSync(join(folder, path));
    bytes.fill(`round ${round} `, 0, 32);
    writeFileSync(join(folder, path), bytes);
  }
}

export function deleteSome(folder: string): void {
  for (const [index, path] of filesBelow(folder).entries()) if (index % 10 === 5) unlinkSync(join(folder, path));
}

export const countFiles = (folder: string): number => filesBelow(folder).length;

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
