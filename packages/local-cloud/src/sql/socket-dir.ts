// Where an instance's socket lies. Its path must fit into an address of 107 bytes.
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const maxPathBytes = 107;
const socketName = ".s.PGSQL.5432";

/** @param preferred used when its path is short enough; else a folder that its name determines, below the system's temporary one. */
export function socketDirFor(preferred: string, temporaryDir: string = tmpdir()): string {
  if (Buffer.byteLength(join(preferred, socketName)) <= maxPathBytes) return preferred;
  const hash = createHash("sha256").update(preferred).digest("hex").slice(0, 20);
  return join(temporaryDir, `local-cloud-${hash}`);
}

/** @throws when somebody else made the folder first: in a shared temporary folder its name can be guessed. */
export function makeSocketDir(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const stats = lstatSync(folder);
  if (stats.isDirectory() && (process.getuid === undefined || stats.uid === process.getuid())) return;
  throw new Error(`${folder} belongs to somebody else`);
}
