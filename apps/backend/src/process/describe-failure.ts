// What a failed dependency is called in an answer that anyone may read: by code, never by a driver's text, which names
// hosts, users and databases. Pure.
import { DeadlineError } from "./deadline.ts";

/** Classes and codes of https://www.postgresql.org/docs/15/errcodes-appendix.html */
const sqlStates: readonly (readonly [prefix: string, meaning: string])[] = [
  ["28", "refused the login"],
  ["3D000", "has no such database"],
  ["42P01", "has no such table: run the migrations"],
  ["53300", "has no connection left"],
  ["57P", "is starting or stopping"],
  ["57014", "cancelled a slow statement"],
];

/** `unreachable (ECONNREFUSED)`, `refused the login (28P01)`, `no answer within 1000 ms`. */
export function describeFailure(error: unknown): string {
  if (error instanceof DeadlineError) return error.message;
  const code = codeOf(error);
  if (code === undefined) return "no usable answer";
  if (/^E[A-Z]+$/.test(code) || code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS"))
    return `unreachable (${code})`;
  const meaning = sqlStates.find(([prefix]) => code.startsWith(prefix))?.[1];
  return meaning ? `${meaning} (${code})` : `answered with an error (${code})`;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  // Redis puts its code first in the text (`WRONGPASS invalid username-password pair`), by protocol:
  // https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
  if (error.name === "ReplyError") return /^[A-Z]+/.exec(error.message)?.[0];
  return undefined;
}
