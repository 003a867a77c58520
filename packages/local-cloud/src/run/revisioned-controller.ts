// Creates, changes and deletes services and worker pools: what is refused, what is kept, which revision comes with it.
import type { Policies } from "../iam/policies.ts";
import { takePage } from "../json/page.ts";
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import type { Store } from "../store/types.ts";
import { checkId, checkRevisionName } from "./check-template.ts";
import { reconciling } from "./conditions.ts";
import type { Revision } from "./model.ts";
import type { Operation, TypedMessage } from "./operations.ts";
import type { Reconciler } from "./reconciler.ts";
import { applyUpdate, changedFields, checkEtag, newFields, sameValue } from "./resource-fields.ts";
import {
  formatParent,
  formatResource,
  parseParent,
  parseResource,
  type ResourceKind,
  type ResourceName,
  revisionName,
  shortName,
} from "./resource-names.ts";
import type { RevisionedDefinition } from "./revisioned-definition.ts";
import type { Revisioned } from "./revisioned-kind.ts";
import { newestFirst, type RunState, sortKey } from "./run-state.ts";
import { checkTraffic } from "./traffic.ts";
import type { WriteGuard } from "./write-guard.ts";

type Input = Readonly<Record<string, unknown>>;

export type WriteOptions = { readonly principal: string; readonly rpc: string; readonly validateOnly: boolean };
export type PageRequest = { readonly pageSize: unknown; readonly pageToken: unknown };

export type CreateRequest = WriteOptions & { readonly parent: string; readonly id: string; readonly input: Input };
export type UpdateRequest = WriteOptions & {
  readonly name: string;
  readonly input: Input;
  readonly mask?: unknown;
  readonly allowMissing?: boolean;
  readonly forceNewRevision?: boolean;
};
export type DeleteRequest = WriteOptions & { readonly name: string; readonly etag?: unknown };

export type ControllerOptions = {
  readonly store: Store;
  readonly state: RunState;
  readonly policies: Policies;
  readonly guard: WriteGuard;
  readonly now: CloudContext["now"];
};

const pageLimits = { size: 100, max: 1_000 };

export class RevisionedController<Resource extends Revisioned> {
  readonly #resourceKind: ResourceKind;
  readonly #definition: RevisionedDefinition<Resource>;
  readonly #reconciler: Reconciler<Resource>;
  readonly #options: ControllerOptions;

  constructor(
    resourceKind: ResourceKind,
    definition: RevisionedDefinition<Resource>,
    reconciler: Reconciler<Resource>,
    options: ControllerOptions,
  ) {
    this.#resourceKind = resourceKind;
    this.#definition = definition;
    this.#reconciler = reconciler;
    this.#options = options;
  }

  /** @throws {GoogleError} NOT_FOUND */
  get(name: string): Resource {
    const resource = this.#resources.get(name);
    if (resource !== undefined) return resource;
    const { id, location, project } = parseResource(name);
    throw new GoogleError(
      "NOT_FOUND",
      `Resource '${id}' of kind '${this.#definition.label}' in region '${location}' in project '${project}' does not exist.`,
    );
  }

  list(parent: string, page: PageRequest) {
    const prefix = `${formatParent(parseParent(parent))}/${this.#resourceKind}/`;
    return takePage(newestFirst<Resource>(this.#resources, prefix), sortKey, page, pageLimits);
  }

  create({ parent, id, input, ...options }: CreateRequest): Operation {
    checkId(id, `${this.#resourceKind.slice(0, -1)}_id`);
    const resourceName: ResourceName = { ...parseParent(parent), kind: this.#resourceKind, id };
    const name = formatResource(resourceName);
    if (this.#resources.get(name)) throw new GoogleError("ALREADY_EXISTS", `Resource '${id}' already exists.`);
    const now = this.#options.now();
    const blank = {
      ...newFields(name, options.principal, now),
      ...this.#definition.status(resourceName, now),
      ...this.#unsettled(now),
    } as unknown as Resource & Input;
    const resource = this.#normalize(applyUpdate(blank, input, undefined, this.#definition.settable));
    return this.#write(resource, this.#nextRevisionName(resource), options);
  }

  update({ name, input, mask, allowMissing = false, forceNewRevision = false, ...options }: UpdateRequest): Operation {
    const current = this.#resources.get(name);
    if (current === undefined && allowMissing) {
      const { id, ...location } = parseResource(name);
      const permission = `run.${this.#resourceKind.toLowerCase()}.create`;
      this.#options.guard.permit(options.principal, permission, `projects/${location.project}`);
      return this.create({ ...options, parent: formatParent(location), id, input });
    }
    const before = this.get(name) as Resource & Input;
    checkEtag(before, input["etag"]);
    const wanted = this.#normalize(applyUpdate(before, input, mask, this.#definition.settable));
    const revision =
      forceNewRevision || this.#isNewTemplate(before, wanted) ? this.#nextRevisionName(wanted) : undefined;
    if (revision === undefined && this.#definition.settable.every((field) => sameValue(before[field], wanted[field]))) {
      return this.#unchanged(before, options);
    }
    const now = this.#options.now();
    const next = { ...wanted, ...changedFields(before, options.principal, now), ...this.#unsettled(now) };
    return this.#write(next, revision, options);
  }

  delete({ name, etag, ...options }: DeleteRequest): Operation {
    const resource = this.get(name);
    checkEtag(resource, etag);
    const now = this.#options.now().toISOString();
    const deleted = { ...resource, deleteTime: now, expireTime: now };
    if (options.validateOnly) return this.#transient(deleted);
    const failed = this.#options.guard.failedOperation(options.rpc, name, this.#typed(resource));
    if (failed) return failed;
    this.#reconciler.end(name);
    this.#remove(name);
    const parent = formatParent(parseResource(name));
    return this.#options.state.operations.createDone(parent, this.#typed(deleted), { response: this.#typed(deleted) });
  }

  get #resources() {
    return this.#definition.kind.resources;
  }

  #normalize(draft: Resource): Resource {
    return this.#definition.normalize(draft, parseResource(draft.name));
  }

  #typed(resource: Resource): TypedMessage {
    return { ...resource, "@type": `type.googleapis.com/${this.#definition.kind.type}` };
  }

  #unsettled(now: Date): Pick<Resource, "reconciling" | "conditions" | "terminalCondition"> {
    const conditions = this.#definition.kind.conditionTypes.map((type) => reconciling(type, now));
    return { reconciling: true, conditions, terminalCondition: reconciling("Ready", now) };
  }

  /** What a call that only validates answers: nothing is kept. */
  #transient(resource: Resource): Operation {
    const message = this.#typed(resource);
    const parent = formatParent(parseResource(resource.name));
    return { name: `${parent}/operations/validate-only`, metadata: message, done: true, response: message };
  }

  #unchanged(resource: Resource, { validateOnly }: WriteOptions): Operation {
    if (validateOnly) return this.#transient(resource);
    const message = this.#typed(resource);
    const { operations } = this.#options.state;
    const { name, generation } = resource;
    const parent = formatParent(parseResource(name));
    // While an earlier change is under way, this one ends with it.
    if (resource.reconciling) return operations.create(parent, message, { name, generation });
    return operations.createDone(parent, message, { response: message });
  }

  #isNewTemplate(before: Resource, wanted: Resource): boolean {
    const { revision: _before, ...old } = before.template;
    const { revision: asked, ...next } = wanted.template;
    const isSame = sameValue(old, next);
    const exists = asked ? this.#options.state.revisions.get(`${wanted.name}/revisions/${asked}`) !== undefined : false;
    if (asked && exists && !isSame) {
      throw new GoogleError("ALREADY_EXISTS", `Revision named '${asked}' with different configuration already exists.`);
    }
    return !isSame || (Boolean(asked) && !exists);
  }

  #nextRevisionName(resource: Resource): string {
    const { id } = parseResource(resource.name);
    const asked = resource.template.revision;
    if (asked) {
      checkRevisionName(asked, id, "template.revision");
      return asked;
    }
    return revisionName(id, (this.#options.state.revisionCounts.get(resource.name)?.count ?? 0) + 1);
  }

  #revisionNames(name: string): readonly string[] {
    return this.#options.state.revisions.list({ prefix: `${name}/revisions/` }).map((entry) => shortName(entry.name));
  }

  #write(resource: Resource, revision: string | undefined, { principal, rpc, validateOnly }: WriteOptions): Operation {
    const { guard, state } = this.#options;
    const resourceName = parseResource(resource.name);
    this.#definition.check(resource, resourceName);
    checkTraffic(this.#definition.kind.targets(resource), resourceName.id);
    if (revision !== undefined) guard.actAs(principal, resource.name, resource.template.serviceAccount);
    guard.quota(rpc, resource.name);
    if (validateOnly) return this.#transient(resource);
    const failed = guard.failedOperation(rpc, resource.name, this.#typed(resource));
    if (failed) return failed;
    const stored = this.#store(resource, revision);
    const { name, generation } = stored;
    const operation = state.operations.create(formatParent(resourceName), this.#typed(stored), { name, generation });
    this.#reconciler.begin(name, revision === undefined ? undefined : `${name}/revisions/${revision}`);
    return state.operations.get(operation.name);
  }

  #store(resource: Resource, revision: string | undefined): Resource {
    const { store, state } = this.#options;
    if (revision === undefined) {
      this.#resources.put(resource.name, resource);
      return resource;
    }
    const full = `${resource.name}/revisions/${revision}`;
    const stored = { ...resource, latestCreatedRevision: full };
    store.transaction(() => {
      const count = (state.revisionCounts.get(resource.name)?.count ?? 0) + 1;
      state.revisionCounts.put(resource.name, { count });
      state.revisions.put(full, this.#newRevision(resource, full));
      state.pins.put(full, { generation: resource.generation });
      this.#resources.put(resource.name, stored);
    });
    return stored;
  }

  #newRevision(resource: Resource, name: string): Revision {
    const now = this.#options.now();
    const { labels, annotations, containers, volumes, serviceAccount } = resource.template;
    return {
      ...newFields(name, resource.lastModifier, now),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(containers && { containers }),
      ...(volumes && { volumes }),
      ...(serviceAccount && { serviceAccount }),
      ...this.#definition.revision(resource),
      ...{ reconciling: true, conditions: [reconciling("Ready", now)] },
    };
  }

  #remove(name: string): void {
    const { store, state, policies } = this.#options;
    store.transaction(() => {
      for (const revision of this.#revisionNames(name)) {
        state.revisions.delete(`${name}/revisions/${revision}`);
        state.pins.delete(`${name}/revisions/${revision}`);
      }
      state.revisionCounts.delete(name);
      this.#resources.delete(name);
      policies.remove(name);
    });
  }
}
