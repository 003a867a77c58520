// Domains that lead to services. Here a mapped domain is served at `<domain>.localhost`; what a registrar would have to be
// told is answered as on Google, and no certificate is waited for.
import { GoogleError } from "../server/google-error.ts";
import type { CloudContext } from "../server/types.ts";
import type { Collection, Store } from "../store/types.ts";
import { checkEtag, newFields } from "./resource-fields.ts";
import type { Location } from "./resource-names.ts";

export type DomainMapping = {
  /** `projects/P/locations/L/domainMappings/DOMAIN` */
  readonly name: string;
  readonly domain: string;
  /** Short name of the service. */
  readonly service: string;
  readonly uid: string;
  readonly etag: string;
  readonly createTime: string;
  readonly creator: string;
};

export type DomainMappings = {
  /** @throws {GoogleError} INVALID_ARGUMENT, NOT_FOUND for the service, ALREADY_EXISTS unless it may override */
  readonly create: (
    location: Location,
    domain: string,
    service: string,
    options: { readonly principal: string; readonly override: boolean },
  ) => DomainMapping;
  readonly find: (location: Partial<Location>, domain: string) => DomainMapping;
  readonly list: (location: Partial<Location>) => readonly DomainMapping[];
  readonly delete: (mapping: DomainMapping, etag?: string) => void;
  /** Tells the ingress of all that there are. */
  readonly start: () => void;
};

export type DomainMappingsOptions = {
  readonly store: Store;
  readonly now: CloudContext["now"];
  readonly hasService: (name: string) => boolean;
  readonly setDomain: (domain: string, service: string | undefined) => void;
};

const domainPattern = /^(?=.{4,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;

const serviceOf = ({ name, service }: DomainMapping): string =>
  `${name.split("/").slice(0, 4).join("/")}/services/${service}`;

const matches = ({ name }: DomainMapping, { project, location }: Partial<Location>): boolean =>
  (project === undefined || name.startsWith(`projects/${project}/`)) &&
  (location === undefined || name.includes(`/locations/${location}/`));

export function createDomainMappings({ store, now, hasService, setDomain }: DomainMappingsOptions): DomainMappings {
  const stored: Collection<DomainMapping> = store.collection("run.domainMappings");
  const all = (): readonly DomainMapping[] => stored.list().map(({ document }) => document);

  return {
    create: ({ project, location }, domain, service, { principal, override }) => {
      if (!domainPattern.test(domain))
        throw new GoogleError(
          "INVALID_ARGUMENT",
          `${JSON.stringify(domain.slice(0, 300))} is not a valid domain name.`,
        );
      const parent = `projects/${project}/locations/${location}`;
      if (!hasService(`${parent}/services/${service}`)) {
        throw new GoogleError(
          "NOT_FOUND",
          `Resource '${service.slice(0, 100)}' of kind 'SERVICE' in region '${location}' in project '${project}' does not exist.`,
        );
      }
      const taken = all().find((mapping) => mapping.domain === domain);
      if (taken !== undefined && !override)
        throw new GoogleError("ALREADY_EXISTS", `Resource '${domain}' already exists.`);
      if (taken !== undefined) stored.delete(taken.name);
      const { uid, etag, createTime, creator, name } = newFields(
        `${parent}/domainMappings/${domain}`,
        principal,
        now(),
      );
      const mapping: DomainMapping = { name, domain, service, uid, etag, createTime, creator };
      stored.put(name, mapping);
      setDomain(domain, serviceOf(mapping));
      return mapping;
    },
    find: (location, domain) => {
      const found = all().find((mapping) => mapping.domain === domain && matches(mapping, location));
      if (found !== undefined) return found;
      throw new GoogleError("NOT_FOUND", `Resource '${domain.slice(0, 300)}' of kind 'DOMAIN_MAPPING' does not exist.`);
    },
    list: (location) => all().filter((mapping) => matches(mapping, location)),
    delete: (mapping, etag) => {
      checkEtag(mapping, etag);
      stored.delete(mapping.name);
      setDomain(mapping.domain, undefined);
    },
    start: () => {
      for (const mapping of all()) setDomain(mapping.domain, serviceOf(mapping));
    },
  };
}
