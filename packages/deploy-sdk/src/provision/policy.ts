// IAM policies: read, compared, and changed under their etag, so that nobody else's binding is lost.
// https://cloud.google.com/iam/docs/policies
import { z } from "zod";
import { DeployError } from "../deploy-error.ts";
import type { Api, Transport, TransportRequest } from "../google/transport.ts";
import type { Call } from "../target.ts";
import type { Runtime } from "../types.ts";
import { everybody, type Guarded } from "./grants.ts";
import { retryWhile } from "./polling.ts";

const policySchema = z.looseObject({
  etag: z.string().optional(),
  version: z.number().optional(),
  bindings: z
    .array(
      z.looseObject({ role: z.string(), members: z.array(z.string()).default([]), condition: z.unknown().optional() }),
    )
    .default([]),
});
export type Policy = z.infer<typeof policySchema>;
export type Binding = { readonly role: string; readonly member: string };

/** A binding under a condition is somebody's own: it neither counts as ours nor is touched. Pure. */
export const hasBinding = ({ bindings }: Policy, { role, member }: Binding): boolean =>
  bindings.some((binding) => binding.role === role && !binding.condition && binding.members.includes(member));

/** The policy with these bindings added. Pure. */
export const withBindings = (policy: Policy, added: readonly Binding[]): Policy => added.reduce(withBinding, policy);

function withBinding(policy: Policy, { role, member }: Binding): Policy {
  if (hasBinding(policy, { role, member })) return policy;
  const at = policy.bindings.findIndex((binding) => binding.role === role && !binding.condition);
  const bound = policy.bindings[at];
  const bindings = bound
    ? policy.bindings.with(at, { ...bound, members: [...bound.members, member] })
    : [...policy.bindings, { role, members: [member] }];
  return { ...policy, bindings };
}

export type PolicyPlace = { readonly project: string; readonly region: string };

type Wire = {
  readonly api: Api;
  /** Of the resource, without a verb. */
  readonly path: string;
  /** Reading is a POST where the API is of the oldest kind. */
  readonly readBy: "GET" | "POST";
};

const wires: { readonly [On in Guarded["on"]]: (name: string, place: PolicyPlace) => Wire } = {
  project: (name) => ({ api: "cloudresourcemanager", path: `/v1/projects/${name}`, readBy: "POST" }),
  account: (name, { project }) => ({
    api: "iam",
    path: `/v1/projects/${project}/serviceAccounts/${name}`,
    readBy: "POST",
  }),
  repository: (name, { project, region }) => ({
    api: "artifactregistry",
    path: `/v1/projects/${project}/locations/${region}/repositories/${name}`,
    readBy: "GET",
  }),
  secret: (name, { project }) => ({
    api: "secretmanager",
    path: `/v1/projects/${project}/secrets/${name}`,
    readBy: "GET",
  }),
  service: (name, { project, region }) => ({
    api: "run",
    path: `/v2/projects/${project}/locations/${region}/services/${name}`,
    readBy: "GET",
  }),
  bucket: (name) => ({ api: "storage", path: `/storage/v1/b/${name}/iam`, readBy: "GET" }),
};

type Verb = Pick<TransportRequest, "api" | "method" | "path" | "json">;

function readRequest({ on, name }: Guarded, place: PolicyPlace): Verb {
  const { api, path, readBy } = wires[on](name, place);
  if (on === "bucket") return { api, method: "GET", path: `${path}?optionsRequestedPolicyVersion=3` };
  if (readBy === "GET") return { api, method: "GET", path: `${path}:getIamPolicy?options.requestedPolicyVersion=3` };
  if (on === "project")
    return { api, method: "POST", path: `${path}:getIamPolicy`, json: { options: { requestedPolicyVersion: 3 } } };
  return { api, method: "POST", path: `${path}:getIamPolicy?options.requestedPolicyVersion=3` };
}

function writeRequest({ on, name }: Guarded, place: PolicyPlace, policy: Policy): Verb {
  const { api, path } = wires[on](name, place);
  if (on === "bucket") return { api, method: "PUT", path, json: policy };
  return { api, method: "POST", path: `${path}:setIamPolicy`, json: { policy } };
}

/** undefined: the resource does not exist. */
export async function readPolicy(
  transport: Transport,
  resource: Guarded,
  place: PolicyPlace,
  call: Call,
): Promise<Policy | undefined> {
  const response = await transport.request({
    ...readRequest(resource, place),
    idempotent: true,
    expect: [404],
    ...call,
  });
  if (response.status === 404) return undefined;
  return policySchema.parse(await response.json());
}

/** An account or a resource that was just made is not known everywhere at once: "eventually consistent", minutes at most. */
const settleMs = 120_000;
const unsettled: ReadonlySet<string> = new Set(["not-found", "invalid-request"]);

/** Somebody else's change came first: 409 from IAM's etags, 412 from a bucket's. */
const isConflict = ({ on }: Guarded, code: string): boolean =>
  code === "conflict" || (on === "bucket" && code === "precondition-failed");

export type AddBindings = {
  readonly resource: Guarded;
  readonly bindings: readonly Binding[];
  /** The resource or a member was made in this run. */
  readonly fresh: boolean;
};

/** Adds bindings to the policy as it is now; a change by somebody else in between is read and kept. */
export async function addBindings(
  transport: Transport,
  { resource, bindings, fresh }: AddBindings,
  place: PolicyPlace,
  runtime: Runtime,
  call: Call,
): Promise<void> {
  const passes = ({ code }: DeployError): boolean => isConflict(resource, code) || (fresh && unsettled.has(code));
  const add = async (): Promise<void> => {
    const policy = await readPolicy(transport, resource, place, call);
    if (!policy)
      throw new DeployError("not-found", { subject: call.subject, message: `${resource.on} ${resource.name} is gone` });
    const wanted = withBindings(policy, bindings);
    if (wanted === policy) return;
    const response = await transport.request({ ...writeRequest(resource, place, wanted), idempotent: true, ...call });
    await response.discard();
  };
  try {
    await retryWhile(passes, add, settleMs, runtime, call);
  } catch (error) {
    throw withHint(error, resource, bindings, call);
  }
}

/** An organisation may forbid `allUsers` (domain restricted sharing): https://cloud.google.com/run/docs/authenticating/public */
function withHint(error: unknown, { on, name }: Guarded, bindings: readonly Binding[], { subject }: Call): unknown {
  const opens = bindings.some(({ member }) => member === everybody);
  if (!opens || !(error instanceof DeployError) || error.code !== "precondition-failed") return error;
  return new DeployError("precondition-failed", {
    subject,
    message: `it cannot be opened to everybody: ${error.message}`,
    hint:
      on === "service"
        ? `where an organisation policy forbids allUsers: gcloud run services update ${name} --no-invoker-iam-check`
        : "an organisation policy forbids allUsers here: ask for an exception (constraints/iam.allowedPolicyMemberDomains)",
    cause: error,
  });
}
