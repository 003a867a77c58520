// Pure. What a gate at a service's own domain tells: of the service, or of the way there, which is made by hand and which
// no release can mend.
import type { GateResult, ProbeResult } from "@slipway/health-client";

export type DomainVerdict =
  | { readonly leads: "here" }
  /** It answers as the new revision, and is not well. */
  | { readonly leads: "here"; readonly unwell: true }
  /** Another revision of the same service answers. */
  | { readonly leads: "to-another-revision"; readonly revision: string }
  | { readonly leads: "elsewhere"; readonly what: string; readonly hint: string };

type Expected = { readonly resource: string; readonly revision: string };

export function judgeDomain(result: GateResult, { resource, revision }: Expected): DomainVerdict {
  if (result.outcome === "passed") return { leads: "here" };
  const { last } = result;
  if (last?.kind !== "report") return { leads: "elsewhere", ...wayOf(last) };
  const { revision: answers, httpStatus } = last.report;
  if (answers === revision) return { leads: "here", unwell: true };
  if (answers !== undefined && isRevisionOf(resource, answers))
    return { leads: "to-another-revision", revision: answers };
  return {
    leads: "elsewhere",
    what: `something that is not this service answers HTTP ${httpStatus}`,
    hint: "map the domain to this service, or let whatever stands in front of it pass the health path: docs/setup.md",
  };
}

/** `shop-api-mwztn3gx-1`, `shop-api-00007-kiw`; a revision of `shop-api-v2` is none of `shop-api`. */
const isRevisionOf = (resource: string, revision: string): boolean =>
  revision.startsWith(`${resource}-`) && /^[a-z0-9]+-[a-z0-9]+$/.test(revision.slice(resource.length + 1));

type Way = { readonly what: string; readonly hint: string };

function wayOf(last: Extract<ProbeResult, { kind: "error" }> | undefined): Way {
  const detail = last?.code ?? last?.error ?? "timeout";
  switch (last?.error) {
    case "dns":
      return { what: `it does not resolve (${detail})`, hint: "make its DNS entry: docs/setup.md" };
    case "tls":
      return {
        what: `it has no certificate that is good for it (${detail})`,
        hint: "a managed certificate takes up to a day after the DNS entry is right: docs/setup.md",
      };
    default:
      return {
        what: `nobody answers there (${detail})`,
        hint: "its DNS entry leads to another machine: docs/setup.md",
      };
  }
}
