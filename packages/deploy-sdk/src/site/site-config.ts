// /config.json: what differs between environments, so that one build serves them all.
import { expandTemplate, type SiteUnit, type Stack, staticFacts, templateReferences } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { Target } from "../target.ts";
import type { ReleaseContext } from "../types.ts";

/**
 * The file's content; undefined for a site that has no configuration.
 * @throws DeployError `not-ready` where it names a service that has no address yet.
 */
export async function siteConfig(
  { name, config }: SiteUnit,
  target: Target,
  context: ReleaseContext,
): Promise<string | undefined> {
  if (Object.keys(config).length === 0) return undefined;
  const facts = {
    ...staticFacts(context.stack),
    commit: context.commit.sha,
    release: context.releaseId,
    ...(await liveFacts(Object.values(config), target, context)),
  };
  const filled = Object.entries(config).map(([key, template]) => ({ key, ...expandTemplate(template, facts) }));
  const missing = filled.flatMap(({ key, missing: names }) => names.map((path) => `config.${key}: {${path}}`));
  if (missing.length > 0) throw unknownFacts(name, missing);
  const sorted = filled.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted.map(({ key, text }) => [key, text])), undefined, 2)}\n`;
}

const unknownFacts = (site: string, missing: readonly string[]): DeployError =>
  new DeployError("not-ready", {
    subject: `site "${site}"`,
    message: "its configuration names what has no value yet",
    hint: "release the service first, or name its domain in the environment",
    details: missing,
  });

/** Addresses of services without a domain are known only from the services themselves. */
async function liveFacts(
  templates: readonly string[],
  target: Target,
  { stack, signal }: ReleaseContext,
): Promise<Readonly<Record<string, string>>> {
  const services = new Set(templates.flatMap(templateReferences).flatMap(serviceOf));
  const facts = await Promise.all(
    [...services].map(async (service) => {
      const url = await liveUrl(service, stack, target, signal);
      return url === undefined
        ? []
        : [
            [`services.${service}.url`, url],
            [`services.${service}.host`, new URL(url).host],
          ];
    }),
  );
  return Object.fromEntries(facts.flat());
}

const serviceOf = (path: string): readonly string[] => /^services\.([^.]+)\.(?:url|host)$/.exec(path)?.slice(1) ?? [];

async function liveUrl(
  service: string,
  { units, environment }: Stack,
  target: Target,
  signal: AbortSignal,
): Promise<string | undefined> {
  const unit = units.find(({ kind, name }) => kind === "service" && name === service);
  if (unit?.kind !== "service" || unit.domain !== undefined) return undefined;
  const live = await target.services.get(unit.resource, {
    signal,
    subject: `service "${service}" in ${environment.name}`,
  });
  return live?.url;
}
