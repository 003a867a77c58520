// Pure. What a v1 request says beside its body: the region is in its host, the selector in its query.
import { GoogleError } from "../../server/google-error.ts";
import type { CloudRequest } from "../../server/types.ts";
import type { Location } from "../resource-names.ts";

/** `asia-southeast1-run.googleapis.com` → its region; undefined for `run.googleapis.com` and loopback: all regions. */
export const regionOf = ({ host }: CloudRequest): string | undefined =>
  /^([a-z]+-[a-z]+\d+)-run\.googleapis\.com$/.exec(host)?.[1];

export type Scope = { readonly project: string; readonly location: string | undefined };

/** From `namespaces/P` and the host, or from `projects/P/locations/L`, where `-` stands for all regions. */
export const scopeOf = (request: CloudRequest): Scope => {
  const { params } = request;
  const location = params["location"] ?? regionOf(request);
  return { project: params["project"] ?? "", location: location === "-" ? undefined : location };
};

/** @throws {GoogleError} INVALID_ARGUMENT where the request names no region */
export const locationOf = (request: CloudRequest): Location => {
  const { project, location } = scopeOf(request);
  if (location !== undefined) return { project, location };
  throw new GoogleError("INVALID_ARGUMENT", "The request names no region: send it to REGION-run.googleapis.com.");
};

/** `serving.knative.dev/service = api` as a predicate. @throws {GoogleError} INVALID_ARGUMENT for other operators */
export function labelSelector(text: string | null): (labels: Readonly<Record<string, unknown>>) => boolean {
  const terms = (text ?? "")
    .split(",")
    .map((term) => term.trim())
    .filter(Boolean);
  const parsed = terms.map((term) => {
    const [, key = "", value = ""] = /^([\w./-]+)\s*==?\s*([\w.-]*)$/.exec(term) ?? [];
    if (key === "")
      throw new GoogleError(
        "INVALID_ARGUMENT",
        `The label selector ${JSON.stringify(term.slice(0, 100))} is not of the form key = value.`,
      );
    return { key, value };
  });
  return (labels) => parsed.every(({ key, value }) => labels[key] === value);
}
