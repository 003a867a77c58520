import { createHash } from "node:crypto";

/** Of a project's id: twelve digits, the same on every machine, as Google's are unique and stable. */
export function projectNumber(projectId: string): string {
  const hash = createHash("sha256").update(projectId).digest();
  return String(100_000_000_000 + (hash.readUIntBE(0, 6) % 900_000_000_000));
}
