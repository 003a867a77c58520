// Pure. Names of resources, and the hosts that services are reached at.
import { projectNumber } from "../resource-manager/project-number.ts";
import { GoogleError } from "../server/google-error.ts";

export type Location = { readonly project: string; readonly location: string };
export type ResourceKind = "services" | "jobs" | "workerPools";
export type ResourceName = Location & { readonly kind: ResourceKind; readonly id: string };

const parentPattern = /^projects\/([^/]+)\/locations\/([^/]+)$/;
const resourcePattern = /^(projects\/[^/]+\/locations\/[^/]+)\/(services|jobs|workerPools)\/([^/]+)/;
const projectPattern = /^[a-z0-9][a-z0-9.:-]{1,62}$/;
const locationPattern = /^[a-z]+-[a-z]+\d+$/;

/** @throws {GoogleError} INVALID_ARGUMENT */
export function parseParent(parent: string): Location {
  const [, project = "", location = ""] = parentPattern.exec(parent) ?? [];
  if (projectPattern.test(project) && locationPattern.test(location)) return { project, location };
  throw new GoogleError(
    "INVALID_ARGUMENT",
    `Invalid parent ${JSON.stringify(parent.slice(0, 200))}: projects/PROJECT/locations/REGION is expected.`,
  );
}

/** Of a resource, or of anything below it. @throws {GoogleError} INVALID_ARGUMENT */
export function parseResource(name: string): ResourceName {
  const [, parent = "", kind, id = ""] = resourcePattern.exec(name) ?? [];
  return { ...parseParent(parent), kind: kind as ResourceKind, id };
}

export const formatParent = ({ project, location }: Location): string => `projects/${project}/locations/${location}`;
export const formatResource = (name: ResourceName): string => `${formatParent(name)}/${name.kind}/${name.id}`;

/** The last part: `api-00001-abc`. */
export const shortName = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
/** What a revision, execution or task belongs to. */
export const ownerName = (name: string): string => name.split("/").slice(0, -2).join("/");

/** As on Google, `SERVICE-PROJECTNUMBER.REGION.run.app`, here below `run.localhost`; a tag is prefixed with three dashes. */
export function serviceHost({ project, location, id }: Omit<ResourceName, "kind">, tag?: string): string {
  const host = `${id}-${projectNumber(project)}.${location}.run.localhost`;
  return tag ? `${tag}---${host}` : host;
}

export const serviceUri = (name: Omit<ResourceName, "kind">, port: number, tag?: string): string =>
  `http://${serviceHost(name, tag)}:${port}`;

/** Without vowels, so that no name says anything. */
const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";

const suffix = (length: number, random: () => number): string =>
  Array.from({ length }, () => suffixLetters[Math.floor(random() * suffixLetters.length)]).join("");

/** `api-00007-x2b` for the seventh revision. */
export const revisionName = (id: string, number: number, random: () => number = Math.random): string =>
  `${id}-${String(number).padStart(5, "0")}-${suffix(3, random)}`;

/** `migrate-x2bcd`. */
export const executionName = (id: string, random: () => number = Math.random): string => `${id}-${suffix(5, random)}`;

/** Account that runs what names none: https://cloud.google.com/run/docs/securing/service-identity */
export const defaultServiceAccount = (project: string): string =>
  `${projectNumber(project)}-compute@developer.gserviceaccount.com`;
