import type { ConfigIssue } from "./config-error.ts";
import type { Unit } from "./stack.ts";

/** Units so that each comes after those it names, by name where they are free; or the cycle that forbids it. Pure. */
export function orderUnits(units: readonly Unit[]): {
  readonly units: readonly Unit[];
  readonly issues: readonly ConfigIssue[];
} {
  const ordered: Unit[] = [];
  const done = new Set<string>();
  let waiting = units;
  while (waiting.length > 0) {
    const ready = waiting.filter((unit) => unit.after.every((name) => done.has(name)));
    if (ready.length === 0) {
      const names = waiting.map(({ name }) => name).join(", ");
      return { units: ordered, issues: [{ path: "after", message: `these units wait for each other: ${names}` }] };
    }
    for (const unit of ready) done.add(unit.name);
    ordered.push(...ready);
    waiting = waiting.filter((unit) => !done.has(unit.name));
  }
  return { units: ordered, issues: [] };
}
