import type { Collection } from "../store/types.ts";
import { GoogleError } from "./google-error.ts";
import { ANONYMOUS } from "./principal.ts";
import type { Authorizer } from "./types.ts";

export type IamMode = "off" | "record" | "enforce";

/** One permission that a principal's calls asked for, and whether its roles grant it. */
export type PermissionUse = {
  readonly principal: string;
  readonly permission: string;
  readonly resource: string;
  readonly granted: boolean;
};

export type Authorization = {
  readonly mode: IamMode;
  /** See CloudContext.authorize. */
  readonly authorize: (principal: string, permission: string, resource: string) => void;
  /** Decided by the policies alone, whatever the mode: for what Google makes public or not. */
  readonly allows: (principal: string, permission: string, resource: string) => boolean;
  /** Each use once, ordered by principal, permission and resource. */
  readonly uses: () => readonly PermissionUse[];
};

/** Distinct uses that are kept: more only come from a client that makes names up. */
const MAX_USES = 10_000;

/** Cloud Run's sentence for a runtime account has its own form, and its own spelling. */
const denial = (permission: string, resource: string): string => {
  const account = /\/serviceAccounts\/(.+)$/.exec(resource)?.[1];
  return permission === "iam.serviceAccounts.actAs" && account !== undefined
    ? `Permission 'iam.serviceaccounts.actAs' denied on service account ${account} (or it may not exist).`
    : `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`;
};

const refuse = (principal: string, permission: string, resource: string): never => {
  if (principal === ANONYMOUS)
    throw new GoogleError("UNAUTHENTICATED", `Anonymous caller does not have ${permission} access to ${resource}.`);
  throw new GoogleError("PERMISSION_DENIED", denial(permission, resource), {
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "IAM_PERMISSION_DENIED",
        domain: "iam.googleapis.com",
        metadata: { permission, resource },
      },
    ],
  });
};

/**
 * `authorizers` is asked on each call, since services are made after this; with none, nothing is granted. `recorded`
 * keeps the uses, so that those of a whole deploy can be read after it.
 */
export const createAuthorization = (
  mode: IamMode,
  authorizers: () => readonly Authorizer[],
  recorded: Collection<PermissionUse>,
): Authorization => {
  const seen = new Set(recorded.list().map(({ name }) => name));
  const record = (use: PermissionUse): void => {
    const key = JSON.stringify([use.principal, use.permission, use.resource, use.granted]);
    if (seen.has(key) || seen.size >= MAX_USES) return;
    seen.add(key);
    recorded.put(key, use);
  };
  const allows = (principal: string, permission: string, resource: string): boolean =>
    authorizers().some((authorizer) => authorizer.allows(principal, permission, resource));
  return {
    mode,
    allows,
    authorize: (principal, permission, resource) => {
      if (mode === "off") return;
      const granted = allows(principal, permission, resource);
      if (mode === "record") record({ principal, permission, resource, granted });
      if (mode === "enforce" && !granted) refuse(principal, permission, resource);
    },
    uses: () => recorded.list().map(({ document }) => document),
  };
};
