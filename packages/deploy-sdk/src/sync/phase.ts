// Pure. The order in which a site's files become visible, so that no reader meets a page before what it asks for.
//
//   asset   content-hashed: nothing refers to it yet
//   file    everything else that pages refer to
//   page    HTML
//   entry   index.html at the root, which links to the other pages
//   worker  service workers and manifests, which make browsers fetch the pages above again
//
// Each phase is done, to its last file, before the next one starts; what is deleted goes last.

export const phases = ["asset", "file", "page", "entry", "worker"] as const;
export type Phase = (typeof phases)[number];

const workerName =
  /(^|[/._-])(sw|service-?worker|ngsw-worker|firebase-messaging-sw|onesignalsdk(updater)?worker)\.m?js$/i;
const manifestName = /(^|\/)(ngsw\.json|[^/]*\.webmanifest)$|^(asset-)?manifest\.json$/i;

/** `immutable`: its Cache-Control says that this name never has another content. */
export function phaseOf(path: string, immutable: boolean): Phase {
  if (workerName.test(path) || manifestName.test(path)) return "worker";
  if (path === "index.html") return "entry";
  if (/\.x?html?$/i.test(path)) return "page";
  return immutable ? "asset" : "file";
}

export const isImmutable = (cacheControl: string | undefined): boolean => /\bimmutable\b/.test(cacheControl ?? "");

/**
 * Is this one of Vite's content-hashed names, `assets/index-BxW1c9_k.js`? Its hash is eight or more of base64url. A word
 * of eight letters looks the same (`assets/hero-backdrop.jpg`), so a hash must hold a digit and a letter, or both cases
 * past its first letter: 1 of 400 hashes does not, and that file is merely revalidated.
 */
export function isHashedName(path: string): boolean {
  if (!/^assets\/|\/assets\//.test(path)) return false;
  const hash = /[-.]([A-Za-z0-9_-]{8,})\.[A-Za-z0-9.]+$/.exec(path)?.[1]?.slice(-8) ?? "";
  return /\d/.test(hash) ? /[A-Za-z]/.test(hash) : /[a-z]/.test(hash) && /[A-Z]/.test(hash.slice(1));
}
