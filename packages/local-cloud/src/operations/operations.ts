// Long-running operations as resources: https://google.aip.dev/151. Kept, so that a client that waits for one may go on
// after a restart.
import { randomUUID } from "node:crypto";
import type { JsonObject } from "../json/json-object.ts";
import { jsonRoute } from "../json/json-route.ts";
import { takePage } from "../json/page.ts";
import { GoogleError, grpcCodes } from "../server/google-error.ts";
import { notImplemented } from "../server/not-implemented.ts";
import type { Route } from "../server/types.ts";
import type { Store } from "../store/types.ts";

/** google.rpc.Status; the code is gRPC's: https://grpc.io/docs/guides/status-codes/ */
export type OperationError = { readonly code: number; readonly message: string };

export type Operation = {
  /** `projects/p/locations/l/operations/ID` */
  readonly name: string;
  readonly metadata: JsonObject;
  readonly done: boolean;
  readonly error?: OperationError;
  /** With `@type`. */
  readonly response?: JsonObject;
};

export type Operations = {
  readonly start: (parent: string, metadata: JsonObject) => Operation;
  readonly succeed: (operation: Operation, response: JsonObject, metadata?: JsonObject) => Operation;
  readonly fail: (operation: Operation, error: OperationError) => Operation;
  readonly unfinished: () => readonly Operation[];
  readonly routes: readonly Route[];
};

export const emptyResponse: JsonObject = { "@type": "type.googleapis.com/google.protobuf.Empty" };

/** Finished operations that are kept: the oldest go first. */
const keptOperations = 1_000;

/** @param api short name, for the permissions of its operations: `redis`. */
export function createOperations(store: Store, api: string): Operations {
  const records = store.collection<Operation & { readonly sequence: number }>(`${api}.operations`);
  const put = (operation: Operation): Operation => {
    const sequence = records.get(operation.name)?.sequence ?? store.next(`${api}.operations`);
    records.put(operation.name, { ...operation, sequence });
    return operation;
  };
  const prune = (): void => {
    if (records.count() <= keptOperations) return;
    const finished = records.list().filter(({ document }) => document.done);
    const oldest = finished.toSorted((one, other) => one.document.sequence - other.document.sequence);
    for (const { name } of oldest.slice(0, finished.length - keptOperations / 2)) records.delete(name);
  };
  const find = (name: string): Operation => {
    const found = records.get(name);
    if (!found) throw new GoogleError("NOT_FOUND", `Operation [${name}] was not found.`);
    return render(found);
  };
  return {
    start: (parent, metadata) => {
      prune();
      return put({ name: `${parent}/operations/${randomUUID()}`, metadata, done: false });
    },
    succeed: (operation, response, metadata = operation.metadata) =>
      put({ name: operation.name, metadata, done: true, response }),
    fail: ({ name, metadata }, error) => put({ name, metadata, done: true, error }),
    unfinished: () => records.list().flatMap(({ document }) => (document.done ? [] : [render(document)])),
    routes: operationRoutes(api, find, (parent) =>
      records.list({ prefix: `${parent}/operations/` }).map(({ document }) => render(document)),
    ),
  };
}

export const toOperationError = ({ status, message }: GoogleError): OperationError => ({
  code: grpcCodes[status],
  message,
});

/** Does what the operation stands for; a refusal becomes the operation's error. */
export function runAtOnce(operations: Operations, operation: Operation, work: () => JsonObject): Operation {
  try {
    return operations.succeed(operation, work());
  } catch (error) {
    if (error instanceof GoogleError) return operations.fail(operation, toOperationError(error));
    operations.fail(operation, { code: grpcCodes.INTERNAL, message: "Internal error encountered." });
    throw error;
  }
}

const render = ({ name, metadata, done, error, response }: Operation): Operation => ({
  ...{ name, metadata, done },
  ...(error && { error }),
  ...(response && { response }),
});

function operationRoutes(
  api: string,
  find: (name: string) => Operation,
  list: (parent: string) => readonly Operation[],
): readonly Route[] {
  const template = "/v1/{name=projects/*/locations/*/operations/*}";
  const rpc = (method: string): string => `${api}.projects.locations.operations.${method}`;
  const permitted = ["redis"].includes(api);
  const permission = (method: string) => (permitted ? { permission: `${api}.operations.${method}` } : {});
  return [
    jsonRoute({ method: "GET", template, rpc: rpc("get"), ...permission("get") }, ({ params }) =>
      find(params["name"] ?? ""),
    ),
    jsonRoute(
      {
        method: "GET",
        template: "/v1/{name=projects/*/locations/*}/operations",
        rpc: rpc("list"),
        ...permission("list"),
      },
      ({ params, query }) => {
        if (query.get("filter")) throw new GoogleError("UNIMPLEMENTED", "The local cloud does not filter operations.");
        const request = { pageSize: query.get("pageSize"), pageToken: query.get("pageToken") };
        const page = takePage(list(params["name"] ?? ""), ({ name }) => name, request, { size: 100, max: 1_000 });
        return { operations: page.items, nextPageToken: page.nextPageToken };
      },
    ),
    notImplemented({ method: "DELETE", template, rpc: rpc("delete") }),
    notImplemented({ method: "POST", template: `${template}:cancel`, rpc: rpc("cancel") }),
  ];
}
