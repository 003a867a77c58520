// How one kind of revisioned resource is made from what a client sends.
import type { Revision } from "./model.ts";
import type { ResourceName } from "./resource-names.ts";
import type { Revisioned, RevisionedKind } from "./revisioned-kind.ts";

export type RevisionedDefinition<Resource extends Revisioned> = {
  readonly kind: RevisionedKind<Resource>;
  /** As refusals name it: `SERVICE`. */
  readonly label: string;
  /** Fields that a client may set. */
  readonly settable: readonly (keyof Resource & string)[];
  /** Defaults filled in, one form for what may be said in several. */
  readonly normalize: (draft: Resource, name: ResourceName) => Resource;
  /** @throws {GoogleError} INVALID_ARGUMENT, UNIMPLEMENTED */
  readonly check: (resource: Resource, name: ResourceName) => void;
  /** What the platform says of a new resource. */
  readonly status: (name: ResourceName, now: Date) => Partial<Resource>;
  /** What of the resource's template becomes the revision's. */
  readonly revision: (resource: Resource) => Partial<Revision>;
};
