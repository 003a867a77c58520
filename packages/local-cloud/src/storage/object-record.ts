// An object as it is kept. What goes over the wire is made of it in object-resource.ts.

/** What a client may set: https://cloud.google.com/storage/docs/json_api/v1/objects#resource-representations */
export type ObjectAttributes = {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  readonly storageClass?: string;
  /** RFC 3339. */
  readonly customTime?: string;
  readonly metadata?: Readonly<Record<string, string>>;
};

export type ObjectRecord = {
  readonly bucket: string;
  readonly name: string;
  /** Microseconds since 1970, and later than that of any object before it. */
  readonly generation: number;
  readonly metageneration: number;
  /** Key of its bytes in the content store. */
  readonly content: number;
  readonly sizeBytes: number;
  /** Base64, as on the wire. */
  readonly crc32c: string;
  /** Undefined for a composite object. */
  readonly md5: string | undefined;
  readonly componentCount: number | undefined;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly attributes: ObjectAttributes;
  /** Undefined while it is live. */
  readonly archived: { readonly deletedMs: number; readonly softDeleted: boolean } | undefined;
};
