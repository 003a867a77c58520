// Pure. What a container executes, from its image and what Cloud Run was told.
import type { ImageConfig } from "./image-source.ts";

/** `command` and `args` as in Cloud Run's Container: empty or missing means the image's own. */
export type CommandOverride = { readonly command?: readonly string[]; readonly args?: readonly string[] };

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * `command` replaces the image's ENTRYPOINT and drops its CMD; `args` alone replaces CMD:
 * https://cloud.google.com/run/docs/configuring/services/containers#configure-entrypoint
 */
export function resolveCommand(
  { config = {} }: ImageConfig,
  { command = [], args = [] }: CommandOverride,
): readonly string[] {
  if (command.length > 0) return [...command, ...args];
  return [...(config.Entrypoint ?? []), ...(args.length > 0 ? args : (config.Cmd ?? []))];
}

/** Variables that the image sets, and a PATH where it sets none. */
export function imageEnvironment({ config = {} }: ImageConfig): Readonly<Record<string, string>> {
  const pairs = (config.Env ?? []).map((entry) => {
    const at = entry.indexOf("=");
    return at < 0 ? ([entry, ""] as const) : ([entry.slice(0, at), entry.slice(at + 1)] as const);
  });
  return { PATH: defaultPath, ...Object.fromEntries(pairs) };
}
