// Why a revision did not come up, in the container's own last words.
import { DeployError } from "../deploy-error.ts";
import type { Call, LogQuery, Readiness, Target } from "../target.ts";
import type { Runtime } from "../types.ts";

const lineLimit = 20;
/** Lines take seconds on their way to Cloud Logging: they are asked for this often. */
const reads = 3;
const readAgainMs = 2000;

/** The last lines that a revision or execution wrote. Logs that cannot be read take nothing away from the error that they explain. */
export async function lastLines(
  target: Pick<Target, "logs">,
  query: Omit<LogQuery, "limit">,
  { sleep }: Pick<Runtime, "sleep">,
  call: Call,
): Promise<readonly string[]> {
  try {
    for (let read = 1; ; read += 1) {
      const lines = await target.logs.read({ ...query, limit: lineLimit }, call);
      const texts = lines.map(({ text }) => text).filter((text) => text !== "");
      if (texts.length > 0 || read === reads) return texts;
      await sleep(readAgainMs, call.signal);
    }
  } catch {
    return [];
  }
}

export async function notReady(
  given: {
    readonly target: Pick<Target, "logs">;
    readonly query: Omit<LogQuery, "limit">;
    readonly readiness: Readiness | undefined;
    /** What the operation said, where the revision says nothing. */
    readonly failure: string | undefined;
    readonly hint: string | undefined;
    readonly runtime: Pick<Runtime, "sleep">;
  },
  call: Call,
): Promise<DeployError> {
  const { target, query, readiness, failure, hint, runtime } = given;
  const said = readiness?.state === "failed" ? readiness.message : "";
  return new DeployError("not-ready", {
    subject: call.subject,
    message: said || failure || `revision ${query.source ?? query.name} did not become ready`,
    ...(hint !== undefined && { hint }),
    details: await lastLines(target, query, runtime, call),
  });
}
