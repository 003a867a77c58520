// Projects by id and by number. Every well-formed project id exists here from the first time that it is named.
import { GoogleError } from "../server/google-error.ts";
import type { Store } from "../store/types.ts";
import { projectNumber } from "./project-number.ts";

export type ProjectRecord = { readonly projectId: string; readonly createTime: string };

export type Projects = {
  /** @throws {GoogleError} INVALID_ARGUMENT for no id; NOT_FOUND for a number that belongs to no project named so far. */
  readonly resolve: (idOrNumber: string) => ProjectRecord;
  readonly list: () => readonly ProjectRecord[];
};

/** Wider than Google's 6 to 30 characters, so that short names serve in tests. */
const idPattern = /^[a-z][a-z0-9-]{0,61}$/;

export function createProjects(store: Store, now: () => Date): Projects {
  const byNumber = store.collection<ProjectRecord>("projects");
  const remember = (projectId: string): ProjectRecord => {
    const known = byNumber.get(projectNumber(projectId));
    if (known) return known;
    const record = { projectId, createTime: now().toISOString() };
    byNumber.put(projectNumber(projectId), record);
    return record;
  };
  return {
    resolve: (idOrNumber) => {
      if (idPattern.test(idOrNumber)) return remember(idOrNumber);
      const known = /^\d{1,20}$/.test(idOrNumber) ? byNumber.get(idOrNumber) : undefined;
      if (known) return known;
      if (/^\d{1,20}$/.test(idOrNumber)) throw new GoogleError("NOT_FOUND", `Project ${idOrNumber} was not found.`);
      throw new GoogleError("INVALID_ARGUMENT", `Invalid project id "${idOrNumber.slice(0, 64)}".`);
    },
    list: () => byNumber.list().map(({ document }) => document),
  };
}
