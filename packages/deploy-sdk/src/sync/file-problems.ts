// Pure. What keeps a file from being published, and how all of it is told at once.
import { crc32c } from "@node-rs/crc32";
import { DeployError, type DeployErrorCode } from "../deploy-error.ts";

/** `path` is as it is shown: relative, with what a terminal would interpret escaped. */
export type FileProblem = { readonly path: string; readonly reason: string };

const longestNameBytes = 1024;
const controlCharacter = /\p{Cc}/u;

/** Why no object can have this name (https://cloud.google.com/storage/docs/objects#naming), or undefined. */
export function nameProblem(name: string): string | undefined {
  if (/[\r\n]/.test(name)) return "its name has a line break, which no object's name can have";
  if (controlCharacter.test(name)) return "its name has a control character, which breaks listings";
  if (Buffer.byteLength(name) > longestNameBytes) return `its name is longer than ${longestNameBytes} bytes of UTF-8`;
  if (name.startsWith(".well-known/acme-challenge/"))
    return "Cloud Storage keeps .well-known/acme-challenge/ for itself";
  return undefined;
}

/**
 * Paths that differ only by case or by Unicode normalization: all of them are served, but a checkout on macOS or
 * Windows has only one. Returned in groups.
 */
export function collisions(paths: readonly string[]): readonly (readonly string[])[] {
  // Checksums first: of 100,000 folded names, next to none need to be held.
  const seen = new Set<number>();
  const suspects = new Set<number>();
  for (const path of paths) {
    const sum = crc32c(foldName(path));
    (seen.has(sum) ? suspects : seen).add(sum);
  }
  if (suspects.size === 0) return [];
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const name = foldName(path);
    if (suspects.has(crc32c(name))) groups.set(name, [...(groups.get(name) ?? []), path]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** Dot files (`.env`, `.DS_Store`, `.vite/`), but for what the web itself puts under `.well-known`. */
export const isHidden = (path: string): boolean =>
  /(^|\/)\./.test(path) && path.split("/").some((part) => part.startsWith(".") && part !== ".well-known");

const ascii = /^\p{ASCII}*$/u;
const foldName = (path: string): string => (ascii.test(path) ? path : path.normalize("NFC")).toLowerCase();

/** A path for people: nothing in it moves the cursor, breaks the line or turns the direction of writing. */
export const showPath = (path: string): string =>
  path.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const shownAtMost = 50;

/** One error that lists every problem. */
export function problemsError(
  folder: string,
  problems: readonly FileProblem[],
  code: DeployErrorCode = "site-unsafe",
): DeployError {
  const shown = problems.slice(0, shownAtMost).map(({ path, reason }) => `${path}: ${reason}`);
  const hidden = problems.length - shown.length;
  return new DeployError(code, {
    subject: `folder ${showPath(folder)}`,
    message: problems.length === 1 ? "a file cannot be published" : `${problems.length} files cannot be published`,
    hint: "remove or rename what is listed, or leave it out with --exclude",
    details: hidden > 0 ? [...shown, `and ${hidden} more`] : shown,
  });
}
