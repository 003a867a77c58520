// Image references: `host/path/name[:tag][@sha256:…]`. Pure.
// https://github.com/distribution/reference/blob/main/reference.go

export type ImageReference = {
  /** `host/path/name` */
  readonly repository: string;
  /** Default `latest`. */
  readonly tag: string;
  readonly digest: string | undefined;
};

const pattern =
  /^(?<repository>[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** undefined: not a reference with a registry's host. */
export function parseReference(text: string): ImageReference | undefined {
  const { repository, tag = "latest", digest } = pattern.exec(text)?.groups ?? {};
  const host = repository?.split("/")[0] ?? "";
  // Without a dot or a port the first part would be a path on Docker Hub, which is written out here.
  if (repository === undefined || !/[.:]|^localhost$/.test(host)) return undefined;
  return { repository, tag, digest };
}
