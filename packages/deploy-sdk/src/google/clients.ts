// Google's own clients, loaded when there is something to write. They shape requests and wait for operations; the
// requests themselves go through the transport, so that credentials, deadlines, retries and errors are the same for all.
import { AsyncLocalStorage } from "node:async_hooks";
import type { ArtifactRegistryClient } from "@google-cloud/artifact-registry";
import type { JobsClient, ServicesClient, WorkerPoolsClient } from "@google-cloud/run";
import type { SecretManagerServiceClient } from "@google-cloud/secret-manager";
import type { Environment } from "@slipway/config";
import type { CallOptions, ClientOptions } from "google-gax";
import { abortedBy, DeployError } from "../deploy-error.ts";
import type { Call, Settlement } from "../target.ts";
import { translateClientError } from "./errors.ts";
import type { Api, Transport } from "./transport.ts";

export type ClientCall = Call & {
  /** May a request be sent again when it is unknown whether the first was applied? Default false for writes. */
  readonly idempotent?: boolean;
};

export type Clients = {
  readonly services: () => Promise<ServicesClient>;
  readonly workerPools: () => Promise<WorkerPoolsClient>;
  readonly jobs: () => Promise<JobsClient>;
  readonly secretManager: () => Promise<SecretManagerServiceClient>;
  readonly artifactRegistry: () => Promise<ArtifactRegistryClient>;
  /**
   * Runs `work`, which uses a client, under a call's signal; what the client throws becomes a DeployError.
   * Pass `gaxOptions` with every method of a generated client.
   */
  readonly call: <Result>(call: ClientCall, work: () => Promise<Result>) => Promise<Result>;
};

/** The transport retries and ends requests: the clients' own retries on top would multiply the attempts. */
export const gaxOptions: CallOptions = { retry: null, timeout: 120_000 };

/** How an operation is polled until its deadline. https://google.aip.dev/151 */
export const operationOptions = (deadlineMs: number): CallOptions => ({
  ...gaxOptions,
  longrunning: {
    initialRetryDelayMillis: 100,
    retryDelayMultiplier: 1.5,
    maxRetryDelayMillis: 2000,
    totalTimeoutMillis: deadlineMs,
    initialRpcTimeoutMillis: null,
    rpcTimeoutMultiplier: null,
    maxRpcTimeoutMillis: null,
  },
});

export function createClients(environment: Environment, transport: Transport): Clients {
  const calls = new AsyncLocalStorage<ClientCall>();
  const optionsFor = (api: Api): ClientOptions => ({
    fallback: true,
    projectId: environment.project,
    authClient: fetchThrough(transport, api, calls) as unknown as NonNullable<ClientOptions["authClient"]>,
  });
  const run = once(() => import("@google-cloud/run"));
  return {
    services: once(async () => new (await run()).ServicesClient(optionsFor("run"))),
    workerPools: once(async () => new (await run()).WorkerPoolsClient(optionsFor("run"))),
    jobs: once(async () => new (await run()).JobsClient(optionsFor("run"))),
    secretManager: once(async () => {
      const { SecretManagerServiceClient } = await import("@google-cloud/secret-manager");
      return new SecretManagerServiceClient(optionsFor("secretmanager"));
    }),
    artifactRegistry: once(async () => {
      const { ArtifactRegistryClient } = await import("@google-cloud/artifact-registry");
      return new ArtifactRegistryClient(optionsFor("artifactregistry"));
    }),
    call: async (call, work) => {
      try {
        call.signal.throwIfAborted();
        return await calls.run(call, work);
      } catch (error) {
        if (call.signal.aborted) throw abortedBy(call.signal, call.subject);
        throw translateClientError(error, call.subject);
      }
    },
  };
}

type FetchInit = {
  readonly method: Parameters<Transport["request"]>[0]["method"];
  readonly headers: Headers;
  readonly body?: string;
};

/** What the generated clients call an authentication client: something with `fetch`. */
const fetchThrough = (transport: Transport, api: Api, calls: AsyncLocalStorage<ClientCall>) => ({
  universeDomain: "googleapis.com",
  /** Told by its presence that this is an authentication client; the transport adds the headers. */
  getRequestHeaders: async () => new Headers(),
  fetch: async (address: string, { method, headers, body }: FetchInit) => {
    const call = calls.getStore();
    if (!call) throw new DeployError("usage", { subject: api, message: "a client was used outside of Clients.call" });
    const { pathname, search } = new URL(address);
    const response = await transport.request({
      api,
      method,
      path: `${pathname}${search}`,
      headers: Object.fromEntries(headers),
      subject: call.subject,
      signal: call.signal,
      ...(body !== undefined && { body: Buffer.from(body) }),
      ...(call.idempotent !== undefined && { idempotent: call.idempotent }),
    });
    const bytes = await response.bytes();
    return { status: response.status, ok: true, arrayBuffer: async () => bytes };
  },
});

type Operation = {
  readonly promise: () => Promise<unknown>;
  readonly removeAllListeners: () => unknown;
  readonly on: (event: "error", listener: () => void) => unknown;
};

/**
 * Waits for an operation that a client has started. Its own failure is an outcome, told by `failure`; a poll that could
 * not be made, the deadline and an aborted signal throw. Call it within `Clients.call`.
 */
export async function settlementOf(operation: Operation, { signal, subject }: Call): Promise<Settlement> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(abortedBy(signal, subject));
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([operation.promise(), aborted.promise]);
    return { failure: undefined };
  } catch (error) {
    const translated = translateClientError(error, subject);
    const ofOperation =
      !(error instanceof DeployError) && !(error instanceof Error && error.cause instanceof DeployError);
    if (ofOperation && translated.code !== "timeout" && !signal.aborted) return { failure: translated.message };
    throw translated;
  } finally {
    signal.removeEventListener("abort", abort);
    // Stops the polling, whose timers cannot be aborted.
    operation.removeAllListeners();
    // A poll that is under way would still emit its error, and without a listener that ends the process.
    operation.on("error", () => {});
  }
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
