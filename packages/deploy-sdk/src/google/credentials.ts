// Who calls: Application Default Credentials on Google, a plain name on a loopback endpoint.
import type { Environment } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { failureOfSocket } from "./attempt.ts";

export type Credentials = {
  /** Access token for Google's APIs; undefined for a caller without a name. */
  readonly token: () => Promise<string | undefined>;
  /** Identity token for a private service at `audience`; undefined where these credentials cannot make one. */
  readonly identityToken: (audience: string) => Promise<string | undefined>;
  /** Project that quota is counted on, where the credentials name one. */
  readonly quotaProject: () => Promise<string | undefined>;
  /** A token was refused: the next one must be fresh. */
  readonly invalidate: () => void;
};

/** The caller's name on a loopback endpoint: no secret, just a name that the cloud there believes. */
export function loopbackCredentials(principal = process.env["DEPLOY_PRINCIPAL"] ?? "developer@localhost"): Credentials {
  const token = async (): Promise<string> => `email:${principal}`;
  return { token, identityToken: token, quotaProject: async () => undefined, invalidate: () => {} };
}

/** No name at all: what anyone may do. */
export const anonymousCredentials: Credentials = {
  token: async () => undefined,
  identityToken: async () => undefined,
  quotaProject: async () => undefined,
  invalidate: () => {},
};

/** https://cloud.google.com/docs/authentication/application-default-credentials */
export function applicationDefaultCredentials(subject: string): Credentials {
  // 60–100 ms to load: only a real environment pays for it.
  const load = once(async () => {
    const { GoogleAuth } = await import("google-auth-library");
    return new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
  });
  let fresh = false;
  return {
    token: async () => {
      try {
        const client = await (await load()).getClient();
        // A client without an expiry date asks for a new token.
        if (fresh) client.credentials = { ...client.credentials, expiry_date: 1 };
        fresh = false;
        const { token } = await client.getAccessToken();
        if (token) return token;
      } catch (cause) {
        throw missingCredentials(subject, cause);
      }
      throw missingCredentials(subject, undefined);
    },
    identityToken: async (audience) => {
      try {
        const client = await (await load()).getIdTokenClient(audience);
        return await client.idTokenProvider.fetchIdToken(audience);
      } catch {
        return undefined;
      }
    },
    quotaProject: async () => (await (await load()).getClient()).quotaProjectId,
    invalidate: () => {
      fresh = true;
    },
  };
}

export const credentialsFor = ({ endpoint, name }: Pick<Environment, "endpoint" | "name">): Credentials =>
  endpoint === undefined ? applicationDefaultCredentials(`environment "${name}"`) : loopbackCredentials();

function missingCredentials(subject: string, cause: unknown): DeployError {
  const why = cause instanceof Error ? (cause.message.split("\n")[0]?.slice(0, 200) ?? "") : "";
  if (failureOfSocket(cause) !== undefined)
    return new DeployError("unavailable", {
      subject,
      message: `no token could be had: ${why}`,
      retryable: true,
      cause,
    });
  return new DeployError("credentials-missing", {
    subject,
    message: `no usable Google credentials on this machine${why && `: ${why}`}`,
    hint: "gcloud auth application-default login",
    cause,
  });
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
