// Pure. What `--exclude`, `--cache-control` and a stack's `headers` mean by a glob.
import picomatch from "picomatch";
import { DeployError } from "../deploy-error.ts";

/** Does this path, relative to the folder, match? */
export type PathMatcher = (path: string) => boolean;

/**
 * `**\/*.map`, `assets/*`. A pattern without a slash but at its end is matched with the last part of the path, as in
 * .gitignore; dot files are matched like others.
 * @throws DeployError `usage` for an empty one.
 */
export function compileGlob(glob: string): PathMatcher {
  const inside = glob.replace(/\/+$/, "");
  const pattern = inside.replace(/^\//, "");
  if (pattern === "")
    throw new DeployError("usage", {
      subject: `glob "${glob}"`,
      message: "it names nothing",
      hint: "such as '*.map' or 'assets/**'; '**' is everything",
    });
  const matches = picomatch(pattern, { dot: true, nonegate: true, basename: !inside.includes("/") });
  return (path) => matches(path);
}

/** Matches what any of the globs matches; nothing without globs. */
export function compileGlobs(globs: readonly string[]): PathMatcher {
  const matchers = globs.map(compileGlob);
  return (path) => matchers.some((matches) => matches(path));
}

/** Does this path match, or a folder that it is in? For names of which nobody has walked the folders. */
export const matchesWithin =
  (matches: PathMatcher): PathMatcher =>
  (path) => {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1))
      if (matches(path.slice(0, slash))) return true;
    return matches(path);
  };
