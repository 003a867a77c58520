// Pure. What differs between what runs and what should run, as lines for a person. No line holds a variable's value.
import type { JobSpec, ServiceSpec, WorkerSpec } from "../target.ts";

type Spec = ServiceSpec | WorkerSpec | JobSpec;
/** By path: `container.env.NAME` → JSON of its value. */
type Flat = ReadonlyMap<string, string>;

/**
 * Differences of `wanted` from `live`; none: they are the same. Variables in `volatile` count only where they appear or
 * disappear, for their value differs with every release.
 */
export function specChanges(live: Spec, wanted: Spec, volatile: readonly string[]): readonly string[] {
  const before = flatten(live);
  const after = flatten(wanted);
  const ignored = new Set(volatile.map((name) => `container.env.${name}`));
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return paths.flatMap((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === now || (ignored.has(path) && old !== undefined && now !== undefined)) return [];
    return [changeLine(path, old, now)];
  });
}

export const sameSpec = (live: Spec, wanted: Spec, volatile: readonly string[]): boolean =>
  specChanges(live, wanted, volatile).length === 0;

function flatten(value: unknown, path = ""): Flat {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return new Map(value === undefined ? [] : [[path, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...flatten(inner, path === "" ? key : `${path}.${key}`)]),
  );
}

function changeLine(path: string, old: string | undefined, now: string | undefined): string {
  const name = path.replace(/^container\./, "");
  if (name.startsWith("env."))
    return `${name}: ${old === undefined ? "added" : now === undefined ? "removed" : "changed"}`;
  return `${name.replace(/\.version$/, "")}: ${show(name, old)} → ${show(name, now)}`;
}

function show(name: string, json: string | undefined): string {
  if (json === undefined) return "none";
  const text = json.startsWith('"') ? String(JSON.parse(json)) : json;
  return name === "image" ? shortImage(text) : text || "none";
}

/** `…/api@sha256:9f2c41…` → `sha256:9f2c41d0e8aa`; what has no digest is shown whole. */
export function shortImage(reference: string): string {
  if (reference === "") return "(to be built)";
  const at = reference.indexOf("@sha256:");
  return at < 0 ? reference : reference.slice(at + 1, at + 20);
}
