import type { Database } from "./pool.ts";

export type Echo = { readonly nonce: string; readonly writtenAt: Date; readonly writtenBy: string };

/** Writes a nonce once, and takes a few old ones away: the table serves as a proof, not as an archive. */
export async function writeEcho(database: Database, nonce: string, writtenBy: string): Promise<void> {
  await database.query(
    `WITH old AS (
       DELETE FROM echo WHERE nonce IN (
         SELECT nonce FROM echo WHERE written_at < now() - interval '1 hour' ORDER BY written_at LIMIT 100))
     INSERT INTO echo (nonce, written_by) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING`,
    [nonce, writtenBy],
  );
}

export async function readEcho(database: Database, nonce: string): Promise<Echo | undefined> {
  const { rows } = await database.query<Echo>(
    'SELECT nonce, written_at AS "writtenAt", written_by AS "writtenBy" FROM echo WHERE nonce = $1',
    [nonce],
  );
  return rows[0];
}
