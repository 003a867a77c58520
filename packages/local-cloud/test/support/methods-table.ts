// Pure. What `GET /_local/methods` says, as the tables of docs/local-cloud.md.

export type MethodRow = {
  readonly api: string;
  readonly rpc: string;
  readonly permission?: string;
  readonly permissionPage?: string;
  readonly refused: boolean;
};

export type MethodsReport = {
  readonly methods: readonly MethodRow[];
  readonly ignored: readonly { readonly api: string; readonly field: string; readonly why: string }[];
};

const packages = [
  "google.cloud.run.v2.",
  "google.cloud.secretmanager.v1.",
  "google.devtools.artifactregistry.v1.",
  "oci.distribution.v1.",
  "google.longrunning.",
];

const short = (name: string): string => {
  const found = packages.find((prefix) => name.startsWith(prefix));
  return found === undefined ? name : name.slice(found.length);
};

const code = (text: string): string => `\`${text}\``;
const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Lines of words, as long as a document's. */
const wrap = (words: readonly string[]): string => {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 130) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
};

/** Pages get numbers in the order of their first row. */
const createNotes = () => {
  const pages: string[] = [];
  return {
    of: ({ permission, permissionPage = "" }: MethodRow): string => {
      if (permission === undefined) return "";
      if (permissionPage === "unverified") return `${code(permission)}, unverified`;
      if (!pages.includes(permissionPage)) pages.push(permissionPage);
      return `[${code(permission)}][${pages.indexOf(permissionPage) + 1}]`;
    },
    render: (): string => pages.map((page, index) => `[${index + 1}]: ${page}`).join("\n"),
  };
};

type Notes = ReturnType<typeof createNotes>;

/** A method at several places is one row; where one of them asks for a permission, that is the row's. */
const distinct = (rows: readonly MethodRow[]): readonly MethodRow[] => {
  const sorted = rows.toSorted(
    (one, other) => byText(one.rpc, other.rpc) || byText(other.permission ?? "", one.permission ?? ""),
  );
  return sorted.filter((row, index) => row.rpc !== sorted[index - 1]?.rpc);
};

const renderIgnored = (ignored: MethodsReport["ignored"]): readonly string[] => {
  const rows = ignored.map(({ field, why }) => `| ${code(short(field))} | ${why} |`);
  const distinctRows = [...new Set(rows)].sort(byText);
  return rows.length === 0 ? [] : [["| accepted and ignored | why |", "|---|---|", ...distinctRows].join("\n")];
};

const renderApi = (api: string, { methods, ignored }: MethodsReport, notes: Notes): string => {
  const all = distinct(methods);
  const table = all.filter(({ refused }) => !refused).map((row) => `| ${code(short(row.rpc))} | ${notes.of(row)} |`);
  const refused = all.filter((row) => row.refused).map(({ rpc }) => code(short(rpc)));
  const refusal = wrap(["Refused with 501:", ...refused.map((rpc, index) => rpc + (refused[index + 1] ? "," : "."))]);
  return [
    `### ${api}`,
    ...(table.length > 0 ? [["| works | permission |", "|---|---|", ...table].join("\n")] : []),
    ...renderIgnored(ignored),
    ...(refused.length > 0 ? [refusal] : []),
  ].join("\n\n");
};

const intro = `What is here, by API. A permission links to the page of Google's that names it for the method; “unverified” means that no such page was
found. A method without one asks for none, or asks within itself. What is accepted and ignored is kept, shown again where it is part of
a resource, and has no other effect; a field that is neither done nor in these tables is refused with 501.`;

export const renderMethods = ({ methods, ignored }: MethodsReport): string => {
  const notes = createNotes();
  const apis = [...new Set(methods.map(({ api }) => api))].sort(byText);
  const sections = apis.map((api) => {
    const own = <Row extends { readonly api: string }>(rows: readonly Row[]) => rows.filter((row) => row.api === api);
    return renderApi(api, { methods: own(methods), ignored: own(ignored) }, notes);
  });
  return ["## Methods", intro, ...sections, notes.render()].join("\n\n");
};
