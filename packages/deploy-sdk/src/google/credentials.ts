// Who calls: Application Default Credentials on Google, a plain name on a loopback endpoint.
import type { Environment } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { failureOfSocket } from "./attempt.ts";
import { type IdentityToken, iamCredentials, identityTokenOf } from "./identity-token.ts";
import { endedBy, tokenDeadlineMs } from "./token-deadline.ts";

export type Credentials = {
  /** Access token for Google's APIs; undefined for a caller without a name. */
  readonly token: () => Promise<string | undefined>;
  /** Proves to the private service at `audience` who calls. */
  readonly identityToken: (audience: string) => Promise<IdentityToken>;
  /** Project that quota is counted on, where the credentials name one. */
  readonly quotaProject: () => Promise<string | undefined>;
  /** A token was refused: the next one must be fresh. */
  readonly invalidate: () => void;
};

/** The caller's name on a loopback endpoint: no secret, just a name that the cloud there believes. */
export function loopbackCredentials(principal = process.env["DEPLOY_PRINCIPAL"] ?? "developer@localhost"): Credentials {
  const name = `email:${principal}`;
  return {
    token: async () => name,
    identityToken: async () => ({ token: name }),
    quotaProject: async () => undefined,
    invalidate: () => {},
  };
}

/** No name at all: what anyone may do. */
export const anonymousCredentials: Credentials = {
  token: async () => undefined,
  identityToken: async () => ({ missing: "there are no credentials", hint: "gcloud auth application-default login" }),
  quotaProject: async () => undefined,
  invalidate: () => {},
};

/** https://cloud.google.com/docs/authentication/application-default-credentials */
export function applicationDefaultCredentials(
  subject: string,
  {
    tokenEndpoint = iamCredentials,
    deadlineMs = tokenDeadlineMs,
  }: {
    /** Of the API that makes identity tokens. */
    readonly tokenEndpoint?: string;
    /** Of one question for a token. */
    readonly deadlineMs?: number;
  } = {},
): Credentials {
  // 60–100 ms to load: only a real environment pays for it.
  const load = once(async () => {
    const { GoogleAuth } = await import("google-auth-library");
    // Requests name their project. Without one here the library looks for it: by starting gcloud, which takes a second, and
    // for federated credentials at an API that may not be enabled.
    return new GoogleAuth({ projectId: "unasked", scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
  });
  const getClient = async () => endedBy(deadlineMs, (await load()).getClient());
  let fresh = false;
  return {
    token: async () => {
      try {
        const client = await getClient();
        // A client whose token has expired asks for a new one.
        if (fresh) client.setCredentials({ ...client.credentials, expiry_date: 1 });
        fresh = false;
        const { token } = await endedBy(deadlineMs, client.getAccessToken());
        if (token) return token;
      } catch (cause) {
        throw missingCredentials(subject, cause);
      }
      throw missingCredentials(subject, undefined);
    },
    identityToken: async (audience) => {
      try {
        return await identityTokenOf(await getClient(), audience, tokenEndpoint, deadlineMs);
      } catch (cause) {
        throw missingCredentials(subject, cause);
      }
    },
    quotaProject: async () => (await getClient()).quotaProjectId,
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
