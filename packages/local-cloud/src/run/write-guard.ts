// What every write of Cloud Run asks first: may the caller run code as that account, and was a fault ordered.
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import type { Operation, Operations, TypedMessage } from "./operations.ts";
import { parseResource } from "./resource-names.ts";

export type WriteGuard = {
  /** @throws {GoogleError} PERMISSION_DENIED: https://cloud.google.com/run/docs/reference/iam/roles#additional-configuration */
  readonly actAs: (principal: string, name: string, serviceAccount: string | undefined) => void;
  /** What a call needs beyond the permission of its method. @throws {GoogleError} PERMISSION_DENIED */
  readonly permit: CloudContext["authorize"];
  /** @throws {GoogleError} RESOURCE_EXHAUSTED where that fault was ordered */
  readonly quota: (rpc: string, name: string) => void;
  /** An operation that has failed without doing anything, where that fault was ordered. */
  readonly failedOperation: (rpc: string, name: string, metadata: TypedMessage) => Operation | undefined;
};

const internal = 13;

export function createWriteGuard(
  { authorize, takeFault }: Pick<CloudContext, "authorize" | "takeFault">,
  operations: Operations,
): WriteGuard {
  const take = (kind: "quota" | "operation-failure", rpc: string, name: string) =>
    takeFault(kind, rpc) ?? takeFault(kind, parseResource(name).id);
  return {
    actAs: (principal, name, serviceAccount = "") => {
      const { project } = parseResource(name);
      authorize(principal, "iam.serviceAccounts.actAs", `projects/${project}/serviceAccounts/${serviceAccount}`);
    },
    permit: authorize,
    quota: (rpc, name) => {
      const fault = take("quota", rpc, name);
      if (fault) throw new GoogleError("RESOURCE_EXHAUSTED", fault.message);
    },
    failedOperation: (rpc, name, metadata) => {
      const fault = take("operation-failure", rpc, name);
      const parent = name.split("/").slice(0, 4).join("/");
      return fault && operations.createDone(parent, metadata, { error: { code: internal, message: fault.message } });
    },
  };
}
