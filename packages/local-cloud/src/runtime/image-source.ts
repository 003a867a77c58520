// Where the runtime gets images from. The registry implements it; the runtime never reads the registry's files by itself.

/** An OCI descriptor or a Docker one: https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export type Descriptor = {
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly size: number;
};

/** The manifest of one image; an index has already been resolved to this machine's platform. */
export type ImageManifest = {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
};

/** The parts of an image's configuration that are run: https://github.com/opencontainers/image-spec/blob/main/config.md */
export type ImageConfig = {
  readonly architecture?: string;
  readonly os?: string;
  readonly config?: {
    readonly User?: string;
    readonly Env?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Readonly<Record<string, object>> | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly StopSignal?: string;
  };
};

export type ResolvedImage = {
  /** `PROJECT/REPOSITORY/NAME`, without host, tag and digest. */
  readonly repository: string;
  /** Digest of what the reference names: of the index where it is one, so that a deploy by digest reads back as asked. */
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
};

export type ImageSource = {
  /**
   * `[HOST/]PROJECT/REPOSITORY/NAME[:TAG][@DIGEST]`; a digest wins over a tag, the default tag is `latest`, and a leading
   * `*-docker.pkg.dev/` or the cloud's own address is dropped. Undefined: no such image. For an index, the manifest is the
   * one for linux and this machine's architecture; an index without one is undefined as well.
   */
  readonly resolve: (reference: string) => Promise<ResolvedImage | undefined>;
  /** Absolute path of the blob's bytes in a file that is never written again; undefined: no such blob in that repository. */
  readonly blobPath: (repository: string, digest: string) => Promise<string | undefined>;
};
