// What travels through the queue. Both sides parse it: the queue's content is input like any other.

export const queueName = "tasks";

const noncePattern = /^[A-Za-z0-9_-]{8,64}$/;
export const isNonce = (value: unknown): value is string => typeof value === "string" && noncePattern.test(value);

export type Task =
  /** The worker answers by pushing to `replyKey(id)`, unless `expiresAt` (milliseconds since 1970) has passed. */
  | { readonly name: "ping"; readonly data: { readonly id: string; readonly expiresAt: number } }
  /** The worker writes the nonce to PostgreSQL. */
  | { readonly name: "echo"; readonly data: { readonly nonce: string } };

export const replyKey = (id: string): string => `health:reply:${id}`;

const isPingId = (value: unknown): value is string => typeof value === "string" && /^[0-9a-f-]{36}$/.test(value);

/** The task that a job carries; undefined where it is none of ours. */
export function parseTask(name: string, data: unknown): Task | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  if (name === "echo" && "nonce" in data && isNonce(data.nonce)) return { name, data: { nonce: data.nonce } };
  if (name !== "ping" || !("id" in data && isPingId(data.id)) || !("expiresAt" in data)) return undefined;
  return typeof data.expiresAt === "number" ? { name, data: { id: data.id, expiresAt: data.expiresAt } } : undefined;
}
