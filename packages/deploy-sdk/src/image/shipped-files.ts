// Which of a project's files go into its image. Pure.
import picomatch from "picomatch";

/** What no running program reads: left out, so that a change to it makes no new image. */
const leftOut = [
  "**/*.test.*",
  "**/*.spec.*",
  "test/**",
  "tests/**",
  "e2e/**",
  "bench/**",
  "coverage/**",
  "dist-types/**",
  "vitest.config.*",
  "tsconfig*.json",
  "README*",
  "CHANGELOG*",
  "Dockerfile*",
  "**/.gitignore",
  "**/.gitkeep",
] as const;

/** Where a project keeps credentials by convention. */
const confidential = ["**/.env", "**/.env.*", "**/.npmrc"] as const;

/**
 * @param paths relative to the project
 * @param files `files` of its package.json: where it names them, they alone are shipped, as npm does.
 */
export function shippedFiles(paths: readonly string[], files: readonly string[] | undefined): readonly string[] {
  const isNamed =
    files &&
    picomatch(
      files.flatMap((pattern) => namedBy(pattern)),
      { dot: true },
    );
  const isLeftOut = picomatch([...(files ? [] : leftOut), ...confidential], { dot: true });
  return paths.filter((path) => path === "package.json" || ((isNamed?.(path) ?? true) && !isLeftOut(path)));
}

/** npm's `files`: a name means the file, or the folder and all that is in it. */
function namedBy(pattern: string): readonly string[] {
  const name = pattern.replace(/^\.?\//, "").replace(/\/$/, "");
  return [name, `${name}/**`];
}
