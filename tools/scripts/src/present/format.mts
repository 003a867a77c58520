// Numbers and lines as people read them. Pure.
import type { Change, ChangeKind, UnitResult } from "@slipway/deploy-sdk";

const signs: Readonly<Record<ChangeKind, string>> = { create: "+", update: "~", replace: "±", delete: "-", keep: "=" };

export const changeLines = ({ kind, resource, details }: Change): readonly string[] => [
  `  ${signs[kind]} ${kind} ${resource}`,
  ...details.map((detail) => `      ${detail}`),
];

export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A digest, a commit or a site's manifest short enough for a line; other versions as they are. */
export const shortVersion = (version: string): string =>
  version
    .replace(/sha256:([0-9a-f]{12})[0-9a-f]+/, "sha256:$1")
    .replace(/^[0-9a-f]{40,64}$/, (hex) => hex.slice(0, 12));

export function resultLine(result: UnitResult): string {
  switch (result.status) {
    case "unchanged":
      return `= ${result.unit}  unchanged  ${shortVersion(result.version)}${result.url ? `  ${result.url}` : ""}`;
    case "released":
      return `✓ ${result.unit}  released  ${shortVersion(result.version)}${result.url ? `  ${result.url}` : ""}  ${formatDuration(result.tookMs)}`;
    case "planned":
      return `· ${result.unit}  planned  ${result.changes.filter(({ kind }) => kind !== "keep").length} changes`;
    case "failed":
      return `✗ ${result.unit}  failed${result.rolledBack ? ", rolled back" : ""}  [${result.error.code}]`;
    case "skipped":
      return `- ${result.unit}  not done: ${result.because}`;
  }
}
