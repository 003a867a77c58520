// Pure. Content-Type by a file's name: the IANA table of the `mime` package, with a charset where text needs one.
import mime from "mime";

/** What has no extension, or one that the table does not know. */
const byPath: Readonly<Record<string, string>> = {
  // https://developer.apple.com/documentation/xcode/supporting-associated-domains
  ".well-known/apple-app-site-association": "application/json",
  "apple-app-site-association": "application/json",
};
const byExtension: Readonly<Record<string, string>> = {
  // A source map, whatever its name says before.
  map: "application/json",
};

/** JSON is UTF-8 by its own standard and takes no charset (RFC 8259); the rest of what is text does. */
const needsCharset = (type: string): boolean =>
  /^text\/|^application\/(javascript|ecmascript|xml|xhtml\+xml|rss\+xml|atom\+xml)$|^image\/svg\+xml$/.test(type);

/** `text/html; charset=utf-8`; `application/octet-stream` for what is unknown. */
export function contentTypeOf(path: string): string {
  const dot = path.lastIndexOf(".");
  const extension = dot > path.lastIndexOf("/") ? path.slice(dot + 1).toLowerCase() : "";
  return byPath[path] ?? known.get(extension) ?? learn(extension);
}

/** 100,000 files have a dozen extensions. */
const known = new Map<string, string>();

function learn(extension: string): string {
  const found = extension === "" ? undefined : (byExtension[extension] ?? mime.getType(extension) ?? undefined);
  const type = found ?? "application/octet-stream";
  const complete = needsCharset(type) ? `${type}; charset=utf-8` : type;
  known.set(extension, complete);
  return complete;
}

/** Does compressing help? What is an image, a film, a font in WOFF or an archive is compressed already. */
export const isCompressible = (contentType: string): boolean =>
  /^text\/|[/+](json|xml|javascript|ecmascript|wasm|ld\+json|manifest\+json|rtf|x-ndjson)\b|^image\/(bmp|vnd\.microsoft\.icon|x-icon)|^font\/(ttf|otf|sfnt)|^application\/(vnd\.ms-fontobject|x-font-ttf)/.test(
    contentType,
  );
