// Who publishes a site: the index is written before the first change and after the last one, each time only if it is as
// it was left. Of two deploys that looked at the same site, one gets to write; the other is told by whom.
import { DeployError } from "../deploy-error.ts";
import type { Call, Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";
import { readIndex, writeIndex } from "./site-state.ts";
import type { Publication, SiteSteps } from "./site-types.ts";

export type Claim = { readonly publication: Publication; readonly generation: string };

/** @throws DeployError `locked` where another release was begun or published since the plan was made. */
export async function claimSite(
  site: string,
  { manifest, publications, indexGeneration }: SiteSteps,
  target: Target,
  { releaseId, commit, runtime }: ReleaseContext,
  call: Call,
): Promise<Claim> {
  const publication: Publication = {
    release: releaseId,
    version: manifest.version,
    commit,
    startedAt: runtime.now().toISOString(),
  };
  const index = { schema: 1, publications: [...publications, publication] } as const;
  const generation = await writeIndex(target, site, { index, generation: indexGeneration }, call);
  if (generation === undefined) throw await overtaken(site, releaseId, target, call);
  return { publication, generation };
}

/** @throws DeployError `locked` where another release was begun meanwhile. */
export async function concludeClaim(
  site: string,
  { publication, generation }: Claim,
  { publicationsAfter }: SiteSteps,
  target: Target,
  { runtime }: ReleaseContext,
  call: Call,
): Promise<void> {
  const published = { ...publication, publishedAt: runtime.now().toISOString() };
  const index = { schema: 1, publications: [...publicationsAfter, published] } as const;
  if ((await writeIndex(target, site, { index, generation }, call)) === undefined)
    throw await overtaken(site, publication.release, target, call);
}

/** The error that names the release that was first. */
const overtaken = async (site: string, own: string, target: Target, call: Call): Promise<DeployError> =>
  (await overtakenBy(site, own, target, call)) ??
  new DeployError("locked", {
    subject: call.subject,
    message: "its index was changed after this one had looked",
    hint,
  });

/** undefined: nobody else has begun since. */
export async function overtakenBy(
  site: string,
  own: string,
  target: Target,
  call: Call,
): Promise<DeployError | undefined> {
  const { index } = await readIndex(target, site, call);
  const last = index.publications.at(-1);
  if (!last || last.release === own) return undefined;
  const message = `${describe(last)}, after this one had looked`;
  return new DeployError("locked", { subject: call.subject, message, hint, retryable: true });
}

const hint = "run again: what is there now is looked at afresh";

const describe = ({ release, commit, startedAt, publishedAt }: Publication): string =>
  `release ${release} of commit ${commit.sha.slice(0, 12)} ${publishedAt ? `was published at ${publishedAt}` : `began at ${startedAt}`}`;
