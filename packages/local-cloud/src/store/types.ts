// Durable state behind an interface: named JSON documents in collections. What a call has returned survives a killed
// process (not a lost power supply: nothing is fsynced).

export type ListOptions = {
  readonly prefix?: string;
  /** Names strictly after this one. */
  readonly after?: string;
  readonly limit?: number;
};

/** Documents of one kind by name, listed in the order of their names' UTF-8 bytes. Synchronous: one process owns the store. */
export type Collection<Document> = {
  readonly get: (name: string) => Document | undefined;
  readonly put: (name: string, document: Document) => void;
  readonly delete: (name: string) => boolean;
  readonly list: (options?: ListOptions) => readonly { readonly name: string; readonly document: Document }[];
  readonly count: (prefix?: string) => number;
};

export type Store = {
  readonly collection: <Document>(kind: string) => Collection<Document>;
  /** All writes of `work` or none. Does not nest. */
  readonly transaction: <Result>(work: () => Result) => Result;
  /** A number that is never given twice, also after a restart. */
  readonly next: (sequence: string) => number;
  readonly close: () => void;
};
