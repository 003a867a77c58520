// .dockerignore as Docker reads it (https://docs.docker.com/build/concepts/context/#dockerignore-files): patterns are
// relative to the context, the last that matches decides, and what matches a folder matches all that is in it. Pure.
import { posix } from "node:path";
import picomatch from "picomatch";

export type DockerIgnore = {
  readonly ignores: (path: string) => boolean;
  /** May a folder that is ignored hold something that is not? Then it must be looked into. */
  readonly hasExceptions: boolean;
};

type Rule = { readonly except: boolean; readonly matches: (path: string) => boolean };

export function parseDockerIgnore(text: string): DockerIgnore {
  const rules = text.split(/\r?\n/).flatMap((line) => parseRule(line));
  return {
    hasExceptions: rules.some(({ except }) => except),
    ignores: (path) => {
      const candidates = withParents(path);
      const deciding = rules.findLast(({ matches }) => candidates.some((candidate) => matches(candidate)));
      return deciding !== undefined && !deciding.except;
    },
  };
}

function parseRule(line: string): readonly Rule[] {
  if (line.startsWith("#")) return [];
  const written = line.trim();
  const except = written.startsWith("!");
  const pattern = posix.normalize(except ? written.slice(1).trim() : written).replace(/^\/+|\/+$/g, "");
  if (written === "" || pattern === "" || pattern === ".") return [];
  // Go's filepath.Match and `**`, and nothing else of what picomatch knows.
  const matches = picomatch(pattern, {
    dot: true,
    nobrace: true,
    noextglob: true,
    nonegate: true,
    strictSlashes: true,
  });
  return [{ except, matches }];
}

/** `a/b/c` → `a`, `a/b`, `a/b/c` */
const withParents = (path: string): readonly string[] =>
  path.split("/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
