// How Cloud Run's resources are read and written, the same for services, worker pools and jobs.
import { DeployError } from "../deploy-error.ts";
import type { Call, Settlement } from "../target.ts";
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

export type ResourceWrite = {
  readonly start: () => Promise<StartedOperation>;
  /** Looks whether what was wanted is there already; undefined: it is not. */
  readonly landed: () => Promise<Seen | undefined>;
};

/** How often a change is looked at whose operation is not known. */
const pollMs = 500;

/**
 * Writes and waits for the operation. A write whose answer was lost is sent again and then refused, for the resource has
 * changed: by ourselves, where it is as it was wanted.
 */
export async function writeResource(
  { clients, runtime }: Pick<RunContext, "clients" | "runtime">,
  { start, landed }: ResourceWrite,
  call: Call,
): Promise<Settlement> {
  try {
    return await clients.call({ ...call, idempotent: true }, async () => settlementOf(await start(), call));
  } catch (error) {
    if (!isOvertaken(error)) throw error;
    for (let seen = await landed(); seen; seen = await landed()) {
      if (seen.settled) return { failure: seen.failure };
      await runtime.sleep(pollMs, call.signal);
    }
    throw error;
  }
}

const isOvertaken = (error: unknown): boolean =>
  error instanceof DeployError && ["conflict", "already-exists", "precondition-failed"].includes(error.code);

/** @throws {DeployError} `conflict` where the resource is no longer the one that was planned against. */
export function assertUnchanged(name: string, planned: string | undefined, now: string | undefined, call: Call): void {
  if (planned === now) return;
  throw new DeployError("conflict", {
    subject: call.subject,
    message: `"${name}" was changed by somebody else after it was looked at`,
    hint: "run it again: the plan is made anew",
    retryable: true,
  });
}

export function pick(from: object | undefined, fields: readonly string[]): ResourceBody {
  const kept = new Set(fields);
  return Object.fromEntries(Object.entries(from ?? {}).filter(([field]) => kept.has(field)));
}
