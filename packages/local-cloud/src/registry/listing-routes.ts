// Tags and names, a page at a time.
import type { CloudRequest, CloudResponse } from "../server/types.ts";
import type { RegistryContext } from "./blob-routes.ts";
import { locateImage } from "./locate-image.ts";
import { formatPath, locationOfHost } from "./names.ts";
import { OciError } from "./oci-error.ts";

const maxPage = 10_000;

export function listTags(context: RegistryContext, request: CloudRequest): CloudResponse {
  const { name } = locateImage(context.find, request);
  if (!context.catalog.image(name)) throw new OciError("NAME_UNKNOWN", `Image "${formatPath(name)}" not found`);
  const { limit, last } = parsePage(request.query);
  // One more than asked for tells whether there is another page.
  const tags = limit === 0 ? [] : context.catalog.listTags(name, last, limit + 1).map(({ tag }) => tag);
  return page(`/v2/${formatPath(name)}/tags/list`, tags, limit, (items) => ({ name: formatPath(name), tags: items }));
}

/** Names of all images; on a regional host, of that region's. */
export function listCatalog(context: RegistryContext, request: CloudRequest): CloudResponse {
  const { limit, last } = parsePage(request.query);
  const location = locationOfHost(request.host);
  const images = context.catalog
    .listImages()
    .filter(({ name }) => location === undefined || name.location === location);
  const names = [...new Set(images.map(({ name }) => formatPath(name)))].sort();
  const after = names.filter((name) => last === undefined || name > last).slice(0, limit + 1);
  return page("/v2/_catalog", limit === 0 ? [] : after, limit, (repositories) => ({ repositories }));
}

function parsePage(query: URLSearchParams): { readonly limit: number; readonly last: string | undefined } {
  const asked = query.get("n") ?? String(maxPage);
  if (!/^\d{1,9}$/.test(asked)) throw new OciError("UNSUPPORTED", "n must be a number", { status: 400 });
  return { limit: Math.min(Number(asked), maxPage), last: query.get("last") ?? undefined };
}

function page(
  path: string,
  found: readonly string[],
  limit: number,
  toBody: (items: readonly string[]) => object,
): CloudResponse {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { status: 200, json: toBody(items) };
  const link = `<${path}?${new URLSearchParams({ n: String(limit), last })}>; rel="next"`;
  return { status: 200, headers: { link }, json: toBody(items) };
}
