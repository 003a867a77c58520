import type { ServiceUnit } from "@slipway/config";
import { observeContainer, subjectOf, type WantedContainer } from "../container/observe-container.ts";
import { type ObservedRevisions, observeRevisions } from "../container/observe-revisions.ts";
import type { ServiceSpec, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";

export type ObservedService = ObservedRevisions<ServiceSpec> & { readonly wanted: WantedContainer };

export async function observeService(
  unit: ServiceUnit,
  target: Target,
  context: ReleaseContext,
): Promise<ObservedService> {
  const call = { signal: context.signal, subject: subjectOf(unit, context) };
  const { name, resource } = unit;
  const [wanted, revisions] = await Promise.all([
    observeContainer(unit, target, context),
    observeRevisions({ unit: name, resource }, target.services, target, context, call),
  ]);
  return { ...revisions, wanted };
}
