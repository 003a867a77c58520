// Service accounts. https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts
import { randomBytes } from "node:crypto";
import type { JsonObject } from "../json/json-object.ts";
import { GoogleError } from "../server/google-error.ts";
import type { Store } from "../store/types.ts";

export type AccountRecord = {
  readonly email: string;
  readonly project: string;
  /** 21 digits. */
  readonly uniqueId: string;
  readonly displayName: string;
  readonly description: string;
  readonly disabled: boolean;
  readonly etag: string;
};

export type Accounts = ReturnType<typeof createAccounts>;

const idPattern = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;

const invalid = (message: string): GoogleError => new GoogleError("INVALID_ARGUMENT", message);
const newEtag = (): string => randomBytes(12).toString("base64");

export function createAccounts(store: Store) {
  const accounts = store.collection<AccountRecord>("iam.accounts");

  /** @param name `projects/P/serviceAccounts/E`, where P may be `-` and E an email or a unique id. */
  const find = (name: string): AccountRecord => {
    const [, project = "", id = ""] = /^projects\/([^/]+)\/serviceAccounts\/([^/]+)/.exec(name) ?? [];
    const found = /^\d+$/.test(id)
      ? accounts.list().find(({ document }) => document.uniqueId === id)?.document
      : accounts.get(id);
    if (found && (project === "-" || project === found.project)) return found;
    throw new GoogleError("NOT_FOUND", "Unknown service account");
  };

  const create = (project: string, accountId: string, fields: JsonObject): AccountRecord => {
    if (!idPattern.test(accountId)) {
      throw invalid(
        `The account ID "${accountId.slice(0, 60)}" does not have a length between 6 and 30, or has other characters than letters, digits and hyphens.`,
      );
    }
    const email = `${accountId}@${project}.iam.gserviceaccount.com`;
    if (accounts.get(email)) {
      throw new GoogleError(
        "ALREADY_EXISTS",
        `Service account ${accountId} already exists within project projects/${project}.`,
      );
    }
    const uniqueId = `1${String(store.next("iam.accounts")).padStart(20, "0")}`;
    const account = { email, project, uniqueId, disabled: false, ...parseFields(fields), etag: newEtag() };
    accounts.put(email, account);
    return account;
  };

  const put = (account: AccountRecord): AccountRecord => {
    const changed = { ...account, etag: newEtag() };
    accounts.put(account.email, changed);
    return changed;
  };

  return {
    ...{ find, create },
    exists: (email: string): boolean => accounts.get(email) !== undefined,
    list: (project: string): readonly AccountRecord[] =>
      accounts.list().flatMap(({ document }) => (document.project === project ? [document] : [])),
    update: (account: AccountRecord, fields: JsonObject, paths: readonly string[]): AccountRecord => {
      const parsed = parseFields({ ...account, ...fields });
      const wrong = paths.find((path) => path !== "displayName" && path !== "description");
      if (wrong !== undefined) throw invalid(`The field "${wrong.slice(0, 60)}" cannot be updated.`);
      const chosen = paths.map((path) => [path, parsed[path as keyof typeof parsed]] as const);
      return put({ ...account, ...Object.fromEntries(chosen) });
    },
    setDisabled: (account: AccountRecord, disabled: boolean): AccountRecord => put({ ...account, disabled }),
    remove: (account: AccountRecord): void => void accounts.delete(account.email),
  };
}

function parseFields({
  displayName = "",
  description = "",
}: JsonObject): Pick<AccountRecord, "displayName" | "description"> {
  if (typeof displayName !== "string" || displayName.length > 100)
    throw invalid("displayName has at most 100 characters.");
  if (typeof description !== "string" || description.length > 256)
    throw invalid("description has at most 256 characters.");
  return { displayName, description };
}

export const accountName = ({ project, email }: AccountRecord): string =>
  `projects/${project}/serviceAccounts/${email}`;

export const renderAccount = (account: AccountRecord): JsonObject => ({
  name: accountName(account),
  projectId: account.project,
  uniqueId: account.uniqueId,
  email: account.email,
  ...(account.displayName !== "" && { displayName: account.displayName }),
  ...(account.description !== "" && { description: account.description }),
  ...(account.disabled && { disabled: true }),
  etag: account.etag,
  oauth2ClientId: account.uniqueId,
});
