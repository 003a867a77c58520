// Reads and deletes revisions of services and worker pools.
import { takePage } from "../json/page.ts";
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import type { Revision } from "./model.ts";
import { checkEtag } from "./resource-fields.ts";
import { ownerName, parseResource, shortName } from "./resource-names.ts";
import type { PageRequest } from "./revisioned-controller.ts";
import { newestFirst, type RunState, sortKey } from "./run-state.ts";

/** Ends the instances of a revision, whoever keeps them. */
type RevisionEnder = { readonly endRevision: (name: string) => void };

export type RevisionControllerOptions = {
  readonly state: RunState;
  readonly now: CloudContext["now"];
  readonly reconcilers: { readonly services: RevisionEnder; readonly workerPools: RevisionEnder };
};

const pageLimits = { size: 100, max: 1_000 };

export class RevisionController {
  readonly #options: RevisionControllerOptions;

  constructor(options: RevisionControllerOptions) {
    this.#options = options;
  }

  /** @throws {GoogleError} NOT_FOUND */
  get(name: string): Revision {
    const revision = this.#options.state.revisions.get(name);
    if (revision !== undefined) return revision;
    throw new GoogleError("NOT_FOUND", `Revision '${shortName(name).slice(0, 100)}' was not found.`);
  }

  /** @param parent of a service or worker pool, whose id may be `-` for all of them */
  all(parent: string): readonly Revision[] {
    const prefix = parent.endsWith("/-") ? parent.slice(0, -1) : `${parent}/revisions/`;
    return newestFirst(this.#options.state.revisions, prefix);
  }

  list(parent: string, page: PageRequest) {
    return takePage(this.all(parent), sortKey, page, pageLimits);
  }

  /** @throws {GoogleError} FAILED_PRECONDITION while it serves, or is the latest */
  delete(name: string, etag: unknown, validateOnly: boolean): Revision {
    const { state, now, reconcilers } = this.#options;
    const revision = this.get(name);
    checkEtag(revision, etag);
    this.#refuseInUse(revision);
    if (!validateOnly) {
      reconcilers[parseResource(name).kind === "services" ? "services" : "workerPools"].endRevision(name);
      state.revisions.delete(name);
      state.pins.delete(name);
    }
    return { ...revision, deleteTime: now().toISOString() };
  }

  #refuseInUse({ name }: Revision): void {
    const { services, workerPools } = this.#options.state;
    const owner = services.get(ownerName(name)) ?? workerPools.get(ownerName(name));
    if (owner === undefined) return;
    const [short, id] = [shortName(name), shortName(owner.name)];
    if (owner.latestCreatedRevision === name) {
      throw new GoogleError(
        "FAILED_PRECONDITION",
        `Revision '${short}' cannot be deleted: it is the latest created revision of '${id}'.`,
      );
    }
    const statuses = "trafficStatuses" in owner ? owner.trafficStatuses : owner.instanceSplitStatuses;
    if (statuses.some(({ revision }) => revision === short)) {
      throw new GoogleError("FAILED_PRECONDITION", `Revision '${short}' cannot be deleted: '${id}' serves it.`);
    }
  }
}
