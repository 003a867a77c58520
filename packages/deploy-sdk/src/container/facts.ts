// What templates are filled with: what the stack says, what the release is, and what only the live services know.
import { staticFacts, templateReferences } from "@slipway/config";
import type { Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";

export type Facts = Readonly<Record<string, string>>;

/** Facts that change with every release: what they fill must not make a difference on its own. */
export const releaseFacts: ReadonlySet<string> = new Set(["commit", "release"]);

type FactsContext = Pick<ReleaseContext, "stack" | "signal" | "commit" | "releaseId">;

/** Facts for `texts`. Services are asked only where a text names one whose address the stack does not tell; one that does not exist yet is left out. */
export async function gatherFacts(
  texts: readonly string[],
  target: Pick<Target, "services">,
  { stack, signal, commit, releaseId }: FactsContext,
): Promise<Facts> {
  const known: Facts = { ...staticFacts(stack), commit: commit.sha, release: releaseId };
  const asked = new Set(
    texts
      .flatMap(templateReferences)
      .filter((reference) => known[reference] === undefined && reference.startsWith("services."))
      .map((reference) => reference.split(".")[1] ?? ""),
  );
  const live = await Promise.all(
    stack.units.map(async (unit): Promise<Facts> => {
      if (unit.kind !== "service" || !asked.has(unit.name)) return {};
      const call = { signal, subject: `service "${unit.name}" in ${stack.environment.name}` };
      const url = (await target.services.get(unit.resource, call))?.url;
      return url ? { [`services.${unit.name}.url`]: url, [`services.${unit.name}.host`]: new URL(url).host } : {};
    }),
  );
  return Object.assign({}, known, ...live);
}
