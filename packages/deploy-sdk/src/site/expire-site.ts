// Retention's deletes, after the release is published. None of them can fail it: what is left over is found next time.

import type { ObjectStore } from "../google/object-store.ts";
import { defaultLimits } from "../sync/apply-sync.ts";
import { runPhases, type Task } from "../sync/run-phases.ts";
import type { Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import type { SitePlan } from "./plan-site.ts";
import { removeManifest } from "./site-state.ts";
import type { SiteDelete } from "./site-types.ts";

export async function expireSite(
  { unit, steps: { expiry } }: SitePlan,
  stores: { readonly site: ObjectStore; readonly state: ObjectStore },
  target: Target,
  { signal, emit, stack }: ReleaseContext,
): Promise<void> {
  const subject = `site "${unit}" in ${stack.environment.name}`;
  const deletes = [
    ...expiry.objects.map((object) => deleteTask(stores.site, object)),
    ...expiry.copies.map((copy) => deleteTask(stores.state, copy)),
  ];
  // Manifests last: as long as one is there, the next run knows what to look for.
  const manifests = expiry.versions.map(
    (version): Task => ({
      holdsBytes: 0,
      run: (own) => removeManifest(target, unit, version, { signal: own, subject }),
    }),
  );
  try {
    await runPhases([deletes, manifests], defaultLimits, signal);
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    emit({
      type: "warning",
      unit,
      message: `files of releases that are no longer kept could not be deleted: ${reason}`,
      hint: "the next release tries again",
    });
  }
}

const deleteTask = (store: ObjectStore, { name, ifGenerationMatch }: SiteDelete): Task => ({
  holdsBytes: 0,
  run: async (signal) => {
    // Another generation by now is another's file: it stays.
    await store.delete({ name, ifGenerationMatch, signal });
  },
});
