// Pure. Headers and roles for what Vite builds, before the stack's own `headers`.
//
//   assets/index-BxW1c9_k.js   public, max-age=31536000, immutable   its name is its content
//   config.json                no-store                              differs between environments and deploys
//   sw.js and the like         no-store                              a stale one keeps a site stale
//   everything else            no-cache                              asked for each time, answered 304 in one round trip
//
// The first two of "no" are not for the stack's rules to loosen: a cached one breaks what a deploy promises.
import type { FileHeaders, HeaderRule } from "../sync/header-rules.ts";
import { compileHeaderRules } from "../sync/header-rules.ts";
import { isHashedName, isImmutable, phaseOf } from "../sync/phase.ts";
import type { SiteRole } from "./site-types.ts";

export const configPath = "config.json";

export const immutable = "public, max-age=31536000, immutable";

export type SiteHeaders = FileHeaders & { readonly cacheControl: string; readonly role: SiteRole };

/**
 * `isCopied`: was this path copied from Vite's `public` folder? Such a name is nobody's hash, whatever it looks like.
 */
export function compileSiteHeaders(
  rules: readonly HeaderRule[],
  isCopied: (path: string) => boolean,
): (path: string) => SiteHeaders {
  const headersOf = compileHeaderRules(rules);
  const preset = (path: string): string => (isHashedName(path) && !isCopied(path) ? immutable : "no-cache");
  return (path) => {
    // Without one Cloud Storage lets public objects be cached for an hour: no site wants that.
    const { contentType, cacheControl: asked } = headersOf(path);
    const cacheControl = asked || preset(path);
    const role = path === configPath ? "config" : phaseOf(path, isImmutable(cacheControl));
    const neverStored = role === "config" || /\.m?js$/.test(role === "worker" ? path : "");
    return { contentType, cacheControl: neverStored ? "no-store" : cacheControl, role };
  };
}
