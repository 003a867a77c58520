// Brings what runs in line with what was asked for, one resource at a time: starts new revisions, moves the shares to them
// once they are ready, ends what nobody reaches any more. A revision that fails changes nothing of what runs.
import type { CloudContext } from "../server/types.ts";
import { condition, isReady, keepTransitions, succeeded } from "./conditions.ts";
import type { Fleet } from "./fleet.ts";
import type { Container, Revision } from "./model.ts";
import type { OperationOutcome } from "./operations.ts";
import {
  decideOutcome,
  isPending,
  type Outcome,
  outcomeConditions,
  revisionFailure,
  verdictConditions,
} from "./outcome.ts";
import { ownerName, parseResource, shortName } from "./resource-names.ts";
import { pinReference, type RevisionStarter, type RevisionVerdict } from "./revision-starter.ts";
import type { Revisioned, RevisionedKind, RevisionShare } from "./revisioned-kind.ts";
import type { RunState } from "./run-state.ts";
import { revisionShares } from "./traffic.ts";
import { createWorkload } from "./workload.ts";

export type ReconcilerOptions = {
  readonly state: RunState;
  readonly fleet: Fleet;
  readonly starter: RevisionStarter;
  readonly now: CloudContext["now"];
  readonly log: CloudContext["log"];
};

/** A revision shows the digest that its tag meant when it was made. */
const pinContainers = ({ containers = [] }: Revision, digest: string): readonly Container[] =>
  containers.map((container) => ({ ...container, image: pinReference(container.image, digest) }));

export class Reconciler<Resource extends Revisioned> {
  readonly #kind: RevisionedKind<Resource>;
  readonly #options: ReconcilerOptions;
  /** Revisions whose verdict is awaited. */
  readonly #starting = new Map<string, AbortController>();

  constructor(kind: RevisionedKind<Resource>, options: ReconcilerOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  /** After a resource was made or changed; with the full name of the revision that came with it. */
  begin(name: string, revision?: string): void {
    const made = revision === undefined ? undefined : this.#state.revisions.get(revision);
    if (made === undefined) this.#settle(name);
    else void this.#startRevision(name, made);
  }

  /** Before a resource's documents are removed. */
  end(name: string): void {
    for (const { name: revision } of this.#revisionsOf(name)) this.endRevision(revision);
    this.#kind.onChanged(name, undefined);
  }

  endRevision(revision: string): void {
    this.#starting.get(revision)?.abort();
    this.#options.fleet.close(revision, 0);
  }

  /** Brings back what the state says should run. */
  resume(): void {
    for (const { document } of this.#kind.resources.list()) {
      const resource = this.#kind.refresh(document);
      this.#kind.resources.put(resource.name, resource);
      this.#kind.onChanged(resource.name, resource);
      this.#syncFleet(resource);
      const created = this.#findRevision(resource.name, resource.latestCreatedRevision);
      if (created !== undefined && isPending(created)) void this.#startRevision(resource.name, created);
      else this.#settle(resource.name);
    }
  }

  /** Waits for no verdict any more. */
  stop(): void {
    for (const abort of this.#starting.values()) abort.abort();
  }

  get #state(): RunState {
    return this.#options.state;
  }

  #revisionsOf(name: string): readonly Revision[] {
    return this.#state.revisions.list({ prefix: `${name}/revisions/` }).map(({ document }) => document);
  }

  #findRevision(name: string, revision: string | undefined): Revision | undefined {
    return revision === undefined ? undefined : this.#state.revisions.get(`${name}/revisions/${shortName(revision)}`);
  }

  async #startRevision(name: string, revision: Revision): Promise<void> {
    const resource = this.#kind.resources.get(name);
    if (resource === undefined) return;
    const abort = new AbortController();
    this.#starting.set(revision.name, abort);
    const limits = this.#kind.limits(resource, revision, { percent: 100, reachable: true });
    const check = !this.#kind.skipsCheck(resource) && limits.max > 0;
    const pinned = this.#state.pins.get(revision.name)?.image;
    try {
      const verdict = await this.#options.starter.start({ revision, limits, pinned, check }, abort.signal);
      this.#starting.delete(revision.name);
      this.#writeVerdict(revision.name, verdict);
      this.#settle(name);
    } catch (error) {
      this.#starting.delete(revision.name);
      if (!abort.signal.aborted) this.#options.log(`revision ${revision.name}: ${String(error)}`);
    }
  }

  #writeVerdict(name: string, verdict: RevisionVerdict): void {
    const revision = this.#state.revisions.get(name);
    const pin = this.#state.pins.get(name);
    if (revision === undefined || pin === undefined) return;
    this.#state.pins.put(name, { ...pin, ...(verdict.image && { image: verdict.image }) });
    const judged: Revision = {
      ...revision,
      ...(verdict.image && { containers: pinContainers(revision, verdict.image.digest) }),
      reconciling: false,
      observedGeneration: revision.generation,
      conditions: verdictConditions(verdict, this.#options.now()),
    };
    this.#state.revisions.put(name, judged);
    if (verdict.ready) return;
    const { code, message } = revisionFailure(judged);
    const target = { name: ownerName(name), generation: pin.generation };
    this.#state.operations.finishExactly(target, { error: { code, message } });
  }

  #settle(name: string): void {
    const resource = this.#kind.resources.get(name);
    const outcome = resource && this.#decide(resource);
    if (resource === undefined || outcome === undefined) return;
    const settled = this.#applyOutcome(resource, outcome);
    this.#kind.resources.put(name, settled);
    this.#syncFleet(settled);
    this.#kind.onChanged(name, settled);
    this.#finishOperations(settled, outcome);
  }

  #decide(resource: Resource): Outcome | undefined {
    const created = this.#findRevision(resource.name, resource.latestCreatedRevision);
    if (created === undefined) return { statuses: [] };
    return decideOutcome({
      targets: this.#kind.targets(resource),
      created,
      isNew: this.#state.pins.get(created.name)?.generation === resource.generation,
      latestReady: resource.latestReadyRevision && shortName(resource.latestReadyRevision),
      findRevision: (short) => this.#findRevision(resource.name, short),
      uriOfTag: (tag) => this.#kind.uriOfTag(parseResource(resource.name), tag),
    });
  }

  #applyOutcome(resource: Resource, outcome: Outcome): Resource {
    const created = this.#findRevision(resource.name, resource.latestCreatedRevision);
    const previous = [resource.terminalCondition, ...resource.conditions];
    const next = keepTransitions(outcomeConditions(outcome, this.#kind.conditionTypes, this.#options.now()), previous);
    const [terminalCondition = resource.terminalCondition, ...conditions] = next;
    const settled = {
      ...resource,
      ...{ reconciling: false, terminalCondition, conditions },
      ...(created && isReady(created) && { latestReadyRevision: created.name }),
    };
    if ("failure" in outcome) return settled;
    return this.#kind.withStatuses({ ...settled, observedGeneration: resource.generation }, outcome.statuses);
  }

  #finishOperations(resource: Resource, outcome: Outcome): void {
    const { name, generation } = resource;
    const created = this.#findRevision(name, resource.latestCreatedRevision);
    const result: OperationOutcome =
      "failure" in outcome
        ? { error: { code: outcome.failure.code, message: outcome.failure.message } }
        : { response: { ...resource, "@type": `type.googleapis.com/${this.#kind.type}` } };
    // A revision that is still looked into has an operation of its own.
    if (created !== undefined && isPending(created)) this.#state.operations.finishExactly({ name, generation }, result);
    else this.#state.operations.finishUpTo({ name, generation }, result);
  }

  #shareOf(resource: Resource, revision: Revision): RevisionShare {
    const statuses = this.#kind.statuses(resource).filter((status) => status.revision === shortName(revision.name));
    const reachable = statuses.some(({ percent = 0, tag }) => percent > 0 || tag !== undefined);
    return { percent: revisionShares(statuses)[0]?.percent ?? 0, reachable };
  }

  /** Pools for what is reached, none for what is not; the revision made last keeps its own, it may be reached soon. */
  #syncFleet(resource: Resource): void {
    const { fleet } = this.#options;
    const running = new Set(fleet.revisions());
    for (const revision of this.#revisionsOf(resource.name)) {
      const share = this.#shareOf(resource, revision);
      const image = this.#state.pins.get(revision.name)?.image;
      this.#noteActivity(revision, share.reachable);
      const isLatest =
        revision.name === resource.latestCreatedRevision && running.has(revision.name) && isReady(revision);
      if (image !== undefined && (share.reachable || isLatest)) {
        fleet.keep(revision.name, createWorkload(revision, image), this.#kind.limits(resource, revision, share));
      } else if (!this.#starting.has(revision.name)) {
        fleet.close(revision.name, this.#kind.drainMs(revision));
      }
    }
  }

  /** `Active` of a revision that is ready: does anything reach it? */
  #noteActivity(revision: Revision, reachable: boolean): void {
    if (!isReady(revision)) return;
    const now = this.#options.now();
    const retired = { message: "Revision retired.", revisionReason: "RETIRED" };
    const active = reachable ? succeeded("Active", now) : condition("Active", "CONDITION_FAILED", now, retired);
    const next = revision.conditions.map((one) => (one.type === "Active" ? active : one));
    const conditions = keepTransitions(next, revision.conditions);
    if (conditions.every((one, index) => one === revision.conditions[index])) return;
    this.#state.revisions.put(revision.name, { ...revision, conditions });
  }
}
