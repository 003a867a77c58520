// JSON calls of APIs whose clients the SDK does not carry, and their long-running operations.
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import type { Api, Transport } from "../google/transport.ts";
import type { Call } from "../target.ts";
import type { Runtime } from "../types.ts";
import { pollUntil, type Wait } from "./polling.ts";

export type Rest = {
  /** undefined: 404. */
  readonly get: (api: Api, path: string, call: Call) => Promise<unknown>;
  /**
   * Makes something that has a name, and so is sent again where its answer is lost: a second one of that name is refused.
   * @throws {DeployError} `already-exists` or `conflict` where it is there, be it by somebody else or by a lost first try.
   */
  readonly post: (api: Api, path: string, json: unknown, call: Call) => Promise<unknown>;
  readonly patch: (api: Api, path: string, json: unknown, call: Call) => Promise<unknown>;
};

export const createRest = (transport: Transport): Rest => ({
  get: async (api, path, call) => {
    const response = await transport.request({ api, method: "GET", path, expect: [404], ...call });
    return response.status === 404 ? undefined : response.json();
  },
  post: async (api, path, json, call) =>
    (await transport.request({ api, method: "POST", path, json, idempotent: true, ...call })).json(),
  patch: async (api, path, json, call) =>
    (await transport.request({ api, method: "PATCH", path, json, idempotent: true, ...call })).json(),
});

/** What an operation tells about itself, in the two forms that Google has. */
const operationSchema = z.object({
  name: z.string(),
  /** google.longrunning.Operation */
  done: z.boolean().optional(),
  /** Cloud SQL's. */
  status: z.string().optional(),
  error: z
    .object({
      code: z.number().optional(),
      message: z.string().optional(),
      errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).optional(),
    })
    .optional(),
});
type Operation = z.infer<typeof operationSchema>;

export type OperationWait = Wait & {
  readonly api: Api;
  /** Path that an operation's name is asked at. */
  readonly pathOf: (name: string) => string;
};

/**
 * Waits for an operation that a write has answered with.
 * @throws {DeployError} `remote-failed` when it failed, `timeout` past its deadline.
 */
export async function waitForOperation(
  started: unknown,
  wait: OperationWait,
  { rest, runtime }: { readonly rest: Rest; readonly runtime: Runtime },
  call: Call,
): Promise<void> {
  let operation = operationSchema.parse(started);
  if (!isDone(operation)) {
    const ask = async (): Promise<boolean> => {
      const read = await rest.get(wait.api, wait.pathOf(operation.name), call);
      // An operation that is forgotten was done long ago.
      operation = read === undefined ? { ...operation, done: true } : operationSchema.parse(read);
      return isDone(operation);
    };
    await pollUntil(ask, wait, runtime, call);
  }
  if (operation.error) throw failed(operation.error, call);
}

const isDone = ({ done, status }: Operation): boolean => done === true || status === "DONE";

const failed = ({ message, errors }: NonNullable<Operation["error"]>, { subject }: Call): DeployError =>
  new DeployError("remote-failed", {
    subject,
    message: message ?? errors?.map((one) => one.message ?? one.code ?? "").join("; ") ?? "the operation failed",
  });
