// Reads an image's files as its container would see them: layers over each other, links followed inside the image only.
import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";

/** The folders that make up an image's root, the topmost first. */
export type Lowers = readonly string[];

const maxLinks = 40; // as Linux itself

/** One layer's entry; "hidden" where something that is no folder is in the way, which also hides the layers below. */
const findInLayer = (
  lower: string,
  segments: readonly string[],
): { path: string; stat: Stats } | "missing" | "hidden" => {
  let path = lower;
  let stat = lstatSync(path, { throwIfNoEntry: false });
  for (const segment of segments) {
    if (stat === undefined) return "missing";
    // A link on the way belongs to this machine's file system: it is never walked through.
    if (!stat.isDirectory()) return "hidden";
    path = join(path, segment);
    stat = lstatSync(path, { throwIfNoEntry: false });
  }
  return stat === undefined ? "missing" : { path, stat };
};

const findEntry = (lowers: Lowers, segments: readonly string[]): { path: string; stat: Stats } | undefined => {
  for (const lower of lowers) {
    const found = findInLayer(lower, segments);
    if (found === "hidden") return undefined;
    if (found !== "missing") return found;
  }
  return undefined;
};

const segmentsOf = (path: string): string[] => path.split("/").filter((segment) => segment !== "" && segment !== ".");

export type ImageEntry = {
  /** Path on this machine, in one of the layers. */
  readonly path: string;
  readonly stat: Stats;
  /** The same place in the image, with no link on the way. */
  readonly inside: string;
};

type Walk = { readonly done: readonly string[]; readonly left: readonly string[] };

/** Follows links inside the image, as far as it has entries: `left` is what it has not. */
const walk = (lowers: Lowers, path: string): Walk => {
  let done: readonly string[] = [];
  const left = segmentsOf(path);
  for (let links = 0; left.length > 0; ) {
    const segment = left.shift() ?? "";
    if (segment === "..") {
      done = done.slice(0, -1);
      continue;
    }
    const found = findEntry(lowers, [...done, segment]);
    if (found === undefined) return { done, left: [segment, ...left] };
    if (!found.stat.isSymbolicLink()) {
      done = [...done, segment];
      continue;
    }
    links += 1;
    if (links > maxLinks) return { done, left: [segment, ...left] };
    const target = readlinkSync(found.path);
    if (target.startsWith("/")) done = [];
    left.unshift(...segmentsOf(target));
  }
  return { done, left };
};

/** An absolute path of the image, links followed inside it; undefined where the image has no such entry. */
export function resolveInImage(lowers: Lowers, path: string): ImageEntry | undefined {
  const { done, left } = walk(lowers, path);
  const found = left.length === 0 ? findEntry(lowers, done) : undefined;
  return found && { ...found, inside: `/${done.join("/")}` };
}

/** Where an absolute path really is in the image, also when its last parts do not exist yet. */
export function canonicalPath(lowers: Lowers, path: string): string {
  const { done, left } = walk(lowers, path);
  return `/${[...done, ...left.filter((segment) => segment !== "..")].join("/")}`;
}

const maxTextBytes = 1024 * 1024;

/** A small text file of the image (`/etc/passwd`); undefined where it is missing, no file, or past 1 MiB. */
export function readTextInImage(lowers: Lowers, path: string): string | undefined {
  const found = resolveInImage(lowers, path);
  return found?.stat.isFile() && found.stat.size <= maxTextBytes ? readFileSync(found.path, "utf8") : undefined;
}
