// Pure. A site's steps in a few lines for a person.
import { showPath } from "../sync/file-problems.ts";
import type { Change } from "../types.ts";
import type { SiteSteps } from "./site-types.ts";

const namedAtMost = 20;

/** `alreadyLive`: this version is the published one, and only something about it has to be put right. */
export function describeSite(site: string, steps: SiteSteps, alreadyLive: boolean): readonly Change[] {
  const { assets, copies, publish, patches, manifest, publications, source } = steps;
  const isFirst = !publications.some(({ publishedAt }) => publishedAt !== undefined);
  const bytes = [...assets, ...copies].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const written = [...assets.map(({ path }) => path), ...publish.map(({ path }) => path)];
  const changed = written.length + patches.length;
  return [
    {
      kind: isFirst ? "create" : "update",
      resource: `site "${site}"`,
      details: [
        `version: ${manifest.version.slice(0, 12)}${source.kind === "release" ? " (released before)" : ""}`,
        `${written.length} of ${manifest.files.length} files are written, ${patches.length} get other headers (${bytes} bytes)`,
        ...written.slice(0, namedAtMost).map(showPath),
        ...patches
          .slice(0, namedAtMost)
          .flatMap(({ name, details }) => details.map((line) => `${showPath(name)} ${line}`)),
        ...(written.length > namedAtMost ? [`and ${written.length - namedAtMost} more`] : []),
        ...(changed === 0
          ? [alreadyLive ? "what is kept of it is completed" : "it is served already, and is recorded"]
          : []),
      ],
    },
  ];
}
