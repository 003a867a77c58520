// Looks for a container's command before anything is started: a missing one is an answer, not a crash.
import { join } from "node:path";
import { type Lowers, resolveInImage } from "./rootfs-view.ts";
import { RuntimeError } from "./runtime-error.ts";

export type ExecutableQuery = {
  readonly lowers: Lowers;
  readonly command: string;
  /** PATH of the container. */
  readonly path: string;
  readonly cwd: string;
};

const candidates = ({ command, path, cwd }: ExecutableQuery): readonly string[] =>
  command.includes("/") ? [join(cwd, command)] : path.split(":").map((dir) => join(dir || cwd, command));

/**
 * Absolute path of the command in the image. An absolute command stays absolute, a relative one is looked up as `execvp` does.
 * @throws {RuntimeError} command-missing
 */
export function findExecutable(query: ExecutableQuery): string {
  const { lowers, command, path, cwd } = query;
  const absolute = command.startsWith("/") ? [command] : candidates({ ...query, cwd: cwd || "/" });
  const found = absolute.find((candidate) => {
    const entry = resolveInImage(lowers, candidate);
    return entry?.stat.isFile() && (entry.stat.mode & 0o111) !== 0;
  });
  if (found !== undefined) return found;
  const where = command.includes("/") ? "" : ` in PATH [${path}]`;
  throw new RuntimeError(
    "command-missing",
    `failed to resolve binary path: error finding executable ${JSON.stringify(command.slice(0, 200))}${where}: no such file or directory`,
  );
}
