// Pure. Headers by glob: of several rules that match, the last one that names a header wins.
import { contentTypeOf } from "./content-type.ts";
import { compileGlob } from "./glob.ts";

/** `cacheControl` empty: none, also where there is one. */
export type HeaderRule = { readonly glob: string; readonly cacheControl?: string; readonly contentType?: string };

/** What a file is served with. `cacheControl` undefined: not ours to say, an existing value stays; empty: none. */
export type FileHeaders = { readonly contentType: string; readonly cacheControl: string | undefined };

export function compileHeaderRules(rules: readonly HeaderRule[]): (path: string) => FileHeaders {
  const compiled = rules.map((rule) => ({ ...rule, matches: compileGlob(rule.glob) }));
  const shared = shareEqual();
  return (path) => {
    const matching = compiled.filter(({ matches }) => matches(path));
    return shared({
      contentType: matching.findLast(({ contentType }) => contentType)?.contentType ?? contentTypeOf(path),
      cacheControl: matching.findLast(({ cacheControl }) => cacheControl !== undefined)?.cacheControl,
    });
  };
}

/** 100,000 files have a dozen kinds of headers. */
function shareEqual(): (headers: FileHeaders) => FileHeaders {
  const known = new Map<string, FileHeaders>();
  return (headers) => {
    const key = `${headers.contentType}\n${headers.cacheControl}`;
    const found = known.get(key);
    if (!found) known.set(key, headers);
    return found ?? headers;
  };
}
