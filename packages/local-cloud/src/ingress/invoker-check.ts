// May this caller invoke the service? https://cloud.google.com/run/docs/authenticating/overview
import type { IncomingHttpHeaders } from "node:http";
import { ANONYMOUS, DEVELOPER, principalOf } from "../server/principal.ts";
import type { CloudContext } from "../server/types.ts";
import type { ServiceRoute } from "./route-table.ts";

export type InvokerCheck = {
  readonly allows: (route: ServiceRoute, headers: IncomingHttpHeaders) => boolean;
  /** After its policy was changed. */
  readonly forget: (service: string) => void;
};

/** Policies above the service may change without notice: what they say is asked again after so long. */
const cacheMs = 1_000;
const maxCached = 10_000;

export function createInvokerCheck(
  allows: CloudContext["allows"],
  now: () => number = () => performance.now(),
): InvokerCheck {
  const cached = new Map<string, { readonly allowed: boolean; readonly untilMs: number }>();

  const ask = (principal: string, service: string): boolean => {
    const key = `${service}\n${principal}`;
    const known = cached.get(key);
    if (known !== undefined && known.untilMs > now()) return known.allowed;
    const allowed = allows(principal, "run.routes.invoke", service);
    if (cached.size >= maxCached) cached.clear();
    cached.set(key, { allowed, untilMs: now() + cacheMs });
    return allowed;
  };

  return {
    allows: ({ service, invokerIamDisabled }, headers) => {
      if (invokerIamDisabled || ask(ANONYMOUS, service)) return true;
      const token = headers["x-serverless-authorization"] ?? headers.authorization;
      const principal = principalOf(Array.isArray(token) ? token[0] : token);
      // The developer at this machine may do everything; whoever is named needs the permission.
      return principal === DEVELOPER || (principal !== ANONYMOUS && ask(principal, service));
    },
    forget: (service) => {
      for (const key of cached.keys()) if (key.startsWith(`${service}\n`)) cached.delete(key);
    },
  };
}
