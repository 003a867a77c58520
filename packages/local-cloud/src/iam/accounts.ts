// Service accounts and their keys. https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts
import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
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

export type KeyRecord = {
  readonly id: string;
  readonly email: string;
  readonly createdAt: string;
};

export type Accounts = ReturnType<typeof createAccounts>;

const idPattern = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const maxKeys = 10;
/** Google gives keys of its own making this end. */
const validBefore = "9999-12-31T23:59:59Z";

const invalid = (message: string): GoogleError => new GoogleError("INVALID_ARGUMENT", message);
const newEtag = (): string => randomBytes(12).toString("base64");

export function createAccounts(store: Store, now: () => Date) {
  const accounts = store.collection<AccountRecord>("iam.accounts");
  const keys = store.collection<KeyRecord>("iam.keys");

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

  const listKeys = ({ email }: AccountRecord): readonly KeyRecord[] =>
    keys.list({ prefix: `${email}/` }).map(({ document }) => document);

  return {
    ...{ find, create, listKeys },
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
    remove: (account: AccountRecord): void =>
      store.transaction(() => {
        accounts.delete(account.email);
        for (const { id } of listKeys(account)) keys.delete(`${account.email}/${id}`);
      }),
    /** Makes a key; the private half is in the answer and nowhere else. */
    createKey: async (account: AccountRecord): Promise<JsonObject> => {
      if (listKeys(account).length >= maxKeys) {
        throw new GoogleError("FAILED_PRECONDITION", `A service account has at most ${maxKeys} keys.`);
      }
      const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2_048 });
      const record = { id: randomBytes(20).toString("hex"), email: account.email, createdAt: now().toISOString() };
      const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      keys.put(`${account.email}/${record.id}`, record);
      const file = JSON.stringify(credentials(account, record.id, privateKey), null, 2);
      return {
        ...renderKey(account, record),
        privateKeyType: "TYPE_GOOGLE_CREDENTIALS_FILE",
        privateKeyData: Buffer.from(`${file}\n`).toString("base64"),
      };
    },
    findKey: (account: AccountRecord, id: string): KeyRecord => {
      const found = keys.get(`${account.email}/${id}`);
      if (found) return found;
      throw new GoogleError("NOT_FOUND", "Service account key does not exist");
    },
    removeKey: (key: KeyRecord): void => void keys.delete(`${key.email}/${key.id}`),
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

const accountName = ({ project, email }: AccountRecord): string => `projects/${project}/serviceAccounts/${email}`;

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

export const renderKey = (account: AccountRecord, { id, createdAt }: KeyRecord): JsonObject => ({
  name: `${accountName(account)}/keys/${id}`,
  ...{ keyAlgorithm: "KEY_ALG_RSA_2048", keyOrigin: "GOOGLE_PROVIDED", keyType: "USER_MANAGED" },
  ...{ validAfterTime: createdAt, validBeforeTime: validBefore },
});

/** https://cloud.google.com/iam/docs/keys-create-delete#creating */
const credentials = ({ project, email, uniqueId }: AccountRecord, keyId: string, privateKey: string): JsonObject => ({
  type: "service_account",
  project_id: project,
  private_key_id: keyId,
  private_key: privateKey,
  client_email: email,
  client_id: uniqueId,
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
  client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`,
  universe_domain: "googleapis.com",
});
