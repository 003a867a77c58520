// How Cloud Run's resources are read and written, the same for services, worker pools and jobs.
import { DeployError } from "../deploy-error.ts";
import type { Call, Readiness, Settlement } from "../target.ts";
import type { Runtime } from "../types.ts";
import { type Clients, settlementOf } from "./clients.ts";
import type { Transport } from "./transport.ts";

export type RunContext = {
  /** `projects/p/locations/l` */
  readonly parent: string;
  readonly transport: Transport;
  readonly clients: Clients;
  readonly runtime: Runtime;
};

/** A whole resource as a write sends it. */
export type ResourceBody = Readonly<Record<string, unknown>>;
export type StartedOperation = Parameters<typeof settlementOf>[0];

/** A resource by its full name; undefined: there is none. */
export async function readResource<Json>(
  { transport }: Pick<RunContext, "transport">,
  path: string,
  call: Call,
): Promise<Json | undefined> {
  const response = await transport.request({ api: "run", method: "GET", path: `/v2/${path}`, expect: [404], ...call });
  return response.status === 404 ? undefined : response.json<Json>();
}

type Seen = Settlement & { readonly settled: boolean };

export const seenOf = ({ settled, readiness }: { readonly settled: boolean; readonly readiness: Readiness }): Seen => ({
  settled,
  failure: readiness.state === "failed" ? readiness.message : undefined,
});

/** A resource after a write to it was refused. */
export type Overtaken =
  /** What was wanted is there already: our own write, whose answer was lost. */
  | { readonly is: "landed"; readonly seen: Seen }
  /** Only its state has changed, and with that its etag. */
  | { readonly is: "unchanged"; readonly etag: string | undefined }
  | { readonly is: "changed"; readonly message: string };

export type ResourceWrite = {
  /** Of the resource as it was read; undefined: it does not exist. */
  readonly etag: string | undefined;
  readonly start: (etag: string | undefined) => Promise<StartedOperation>;
  readonly look: () => Promise<Overtaken>;
};

/** How often a change is looked at whose operation is not known. */
const pollMs = 500;
const attempts = 10;

/**
 * Writes and waits for the operation. Etags change with a resource's state too: a write that is refused for its etag is
 * sent again while nobody has changed what it is about.
 * @throws {DeployError} `conflict` where somebody has
 */
export async function writeResource(
  { clients, runtime }: Pick<RunContext, "clients" | "runtime">,
  write: ResourceWrite,
  call: Call,
): Promise<Settlement> {
  for (let { etag } = write, attempt = 1; ; attempt += 1) {
    try {
      return await clients.call({ ...call, idempotent: true }, async () => settlementOf(await write.start(etag), call));
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      const now = await settledLook(write, runtime, call);
      if (now.is === "landed") return { failure: now.seen.failure };
      if (now.is === "changed") throw error.code === "conflict" ? changedMeanwhile(now.message, call, error) : error;
      if (error.code !== "conflict" || attempt === attempts) throw error;
      etag = now.etag;
    }
    await runtime.sleep(pollMs, call.signal);
  }
}

async function settledLook({ look }: ResourceWrite, { sleep }: Runtime, { signal }: Call): Promise<Overtaken> {
  for (;;) {
    const now = await look();
    if (now.is !== "landed" || now.seen.settled) return now;
    await sleep(pollMs, signal);
  }
}

const overtaken: ReadonlySet<string> = new Set(["conflict", "already-exists", "precondition-failed"]);
const isOvertaken = (error: unknown): error is DeployError => error instanceof DeployError && overtaken.has(error.code);

/** @throws {DeployError} `conflict` where the resource is no longer the one that was planned against. */
export function assertUnchanged(name: string, planned: string | undefined, now: string | undefined, call: Call): void {
  if (planned !== now) throw changedMeanwhile(changedMessage(name), call);
}

export const changedMessage = (name: string): string => `"${name}" was changed by somebody else after it was looked at`;

const changedMeanwhile = (message: string, { subject }: Call, cause?: unknown): DeployError =>
  new DeployError("conflict", {
    subject,
    message,
    hint: "run it again: the plan is made anew",
    retryable: true,
    cause,
  });

export function pick(from: object | undefined, fields: readonly string[]): ResourceBody {
  const kept = new Set(fields);
  return Object.fromEntries(Object.entries(from ?? {}).filter(([field]) => kept.has(field)));
}
