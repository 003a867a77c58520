// Keys of service accounts. https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys
import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { JsonObject } from "../json/json-object.ts";
import { GoogleError } from "../server/google-error.ts";
import type { Store } from "../store/types.ts";
import { type AccountRecord, accountName } from "./accounts.ts";

export type KeyRecord = {
  readonly id: string;
  readonly email: string;
  readonly createdAt: string;
};

export type AccountKeys = ReturnType<typeof createAccountKeys>;

const maxKeys = 10;
/** Google gives keys of its own making this end. */
const validBefore = "9999-12-31T23:59:59Z";

export function createAccountKeys(store: Store, now: () => Date) {
  const keys = store.collection<KeyRecord>("iam.keys");
  const list = ({ email }: AccountRecord): readonly KeyRecord[] =>
    keys.list({ prefix: `${email}/` }).map(({ document }) => document);
  const remove = ({ email, id }: KeyRecord): void => void keys.delete(`${email}/${id}`);
  return {
    ...{ list, remove },
    find: (account: AccountRecord, id: string): KeyRecord => {
      const found = keys.get(`${account.email}/${id}`);
      if (found) return found;
      throw new GoogleError("NOT_FOUND", "Service account key does not exist");
    },
    removeAll: (account: AccountRecord): void => {
      for (const key of list(account)) remove(key);
    },
    /** Makes a key; the private half is in the answer and nowhere else. */
    create: async (account: AccountRecord): Promise<JsonObject> => {
      if (list(account).length >= maxKeys) {
        throw new GoogleError("FAILED_PRECONDITION", `A service account has at most ${maxKeys} keys.`);
      }
      const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2_048 });
      const record = { id: randomBytes(20).toString("hex"), email: account.email, createdAt: now().toISOString() };
      keys.put(`${account.email}/${record.id}`, record);
      const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      const file = JSON.stringify(credentials(account, record.id, privateKey), null, 2);
      return {
        ...renderKey(account, record),
        privateKeyType: "TYPE_GOOGLE_CREDENTIALS_FILE",
        privateKeyData: Buffer.from(`${file}\n`).toString("base64"),
      };
    },
  };
}

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
