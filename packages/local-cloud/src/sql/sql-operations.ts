// Operations of Cloud SQL: asked for, then done in the background, one at a time for an instance.
// https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/operations
import { randomUUID } from "node:crypto";
import type { JsonObject } from "../json/json-object.ts";
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import { sqlError } from "./sql-error.ts";

export type SqlOperationType =
  | "CREATE"
  | "UPDATE"
  | "DELETE"
  | "RESTART"
  | "CREATE_DATABASE"
  | "DELETE_DATABASE"
  | "CREATE_USER"
  | "UPDATE_USER"
  | "DELETE_USER";

export type SqlOperation = {
  readonly id: string;
  readonly project: string;
  readonly instance: string;
  readonly type: SqlOperationType;
  readonly user: string;
  /** Can it be done again after a restart? Not where it needs a password, which is never kept. */
  readonly resumable: boolean;
  readonly status: "PENDING" | "RUNNING" | "DONE";
  readonly insertTime: string;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly error?: { readonly code: string; readonly message: string };
};

export type SqlOperationRequest = Pick<SqlOperation, "project" | "instance" | "type" | "user" | "resumable"> & {
  /** Method that asks for it, for faults: `sql.instances.insert`. */
  readonly rpc: string;
};

export type SqlOperations = {
  /**
   * `onFault`: what its failure leaves, where that was ordered as a fault.
   * @throws {GoogleError} 409 while another operation on the instance is not done.
   */
  readonly run: (request: SqlOperationRequest, work: () => Promise<void>, onFault?: () => void) => JsonObject;
  /** Goes on with one that a restart interrupted. */
  readonly resume: (operation: SqlOperation, work: () => Promise<void>) => void;
  readonly unfinished: () => readonly SqlOperation[];
  readonly find: (project: string, id: string) => JsonObject;
  /** Newest first. */
  readonly list: (project: string, instance: string | undefined) => readonly SqlOperation[];
  /** Waits for what is being done; what fails meanwhile stays unfinished, to be resumed. */
  readonly stop: () => Promise<void>;
};

const keptOperations = 1_000;

export function createSqlOperations({ store, now, takeFault, log, signal }: CloudContext): SqlOperations {
  const records = store.collection<SqlOperation>("sql.operations");
  const running = new Set<Promise<void>>();
  let stopping = false;

  const put = (operation: SqlOperation): SqlOperation => {
    records.put(operation.id, operation);
    return operation;
  };
  const all = (): readonly SqlOperation[] => records.list().map(({ document }) => document);
  const unfinished = (): readonly SqlOperation[] => all().filter(({ status }) => status !== "DONE");
  const time = (): string => now().toISOString();

  const execute = async (operation: SqlOperation, work: () => Promise<void>): Promise<void> => {
    // Whoever asked for it first records what it is about.
    await Promise.resolve();
    const started = put({ ...operation, status: "RUNNING", startTime: time() });
    const failure = await work().then(() => undefined, toFailure);
    if (failure && (stopping || signal.aborted)) return;
    if (failure) log(`sql: ${operation.type} of instance "${operation.instance}" failed: ${failure.message}`);
    put({ ...started, status: "DONE", endTime: time(), ...(failure && { error: failure }) });
  };

  const inBackground = (operation: SqlOperation, work: () => Promise<void>): void => {
    const execution = execute(operation, work).finally(() => running.delete(execution));
    running.add(execution);
  };

  return {
    unfinished,
    run: ({ rpc, ...request }, work, onFault = () => {}) => {
      if (unfinished().some(({ project, instance }) => project === request.project && instance === request.instance)) {
        const message = "Operation failed because another operation was already in progress.";
        throw sqlError("ABORTED", "operationInProgress", message);
      }
      prune(all(), (id) => records.delete(id));
      const operation = put({ id: randomUUID(), ...request, status: "PENDING", insertTime: time() });
      const fault = takeFault("operation-failure", rpc);
      inBackground(operation, async () => {
        if (!fault) return work();
        onFault();
        throw new GoogleError("INTERNAL", fault.message);
      });
      return renderOperation(operation);
    },
    resume: inBackground,
    find: (project, id) => {
      const found = records.get(id);
      if (found?.project === project) return renderOperation(found);
      throw sqlError("NOT_FOUND", "operationDoesNotExist", "The Cloud SQL operation does not exist.");
    },
    list: (project, instance) =>
      all()
        .filter((operation) => operation.project === project && (!instance || operation.instance === instance))
        .toSorted((one, other) => (one.insertTime < other.insertTime ? 1 : -1)),
    stop: async () => {
      stopping = true;
      await Promise.all(running);
    },
  };
}

const toFailure = (error: unknown): NonNullable<SqlOperation["error"]> => ({
  code: error instanceof GoogleError ? error.status : "INTERNAL_ERROR",
  message: error instanceof Error ? error.message : String(error),
});

function prune(operations: readonly SqlOperation[], remove: (id: string) => void): void {
  const done = operations.filter(({ status }) => status === "DONE");
  const oldestFirst = done.toSorted((one, other) => (one.insertTime < other.insertTime ? -1 : 1));
  for (const { id } of oldestFirst.slice(0, Math.max(0, done.length - keptOperations))) remove(id);
}

export function renderOperation(operation: SqlOperation): JsonObject {
  const { id, project, instance, type, status, user, insertTime, startTime, endTime, error } = operation;
  const url = `https://sqladmin.googleapis.com/sql/v1beta4/projects/${project}`;
  return {
    ...{ kind: "sql#operation", name: id, operationType: type, status, user, insertTime },
    ...(startTime !== undefined && { startTime }),
    ...(endTime !== undefined && { endTime }),
    ...(error && { error: { kind: "sql#operationErrors", errors: [{ kind: "sql#operationError", ...error }] } }),
    ...{ targetId: instance, targetProject: project },
    ...{ targetLink: `${url}/instances/${instance}`, selfLink: `${url}/operations/${id}` },
  };
}
