// An identity token of the account that the credentials stand for: what a private service asks of its callers. Not every
// kind of credentials can have one, and Google's library does not make one for Workload Identity Federation.
// https://cloud.google.com/run/docs/authenticating/service-to-service
import type { AuthClient } from "google-auth-library";
import { endedBy } from "./token-deadline.ts";

export type IdentityToken =
  | { readonly token: string }
  /** Why there is none, and what to do about it. */
  | { readonly token?: undefined; readonly missing: string; readonly hint: string };

export const iamCredentials = "https://iamcredentials.googleapis.com";

const timeoutMs = 10_000;

/** @param endpoint of the IAM Service Account Credentials API */
export async function identityTokenOf(
  client: AuthClient,
  audience: string,
  endpoint: string,
  deadlineMs: number,
): Promise<IdentityToken> {
  if (isFederated(client)) {
    const account = client.getServiceAccountEmail();
    return account ? generatedToken(client, account, { audience, endpoint, deadlineMs }) : ofNoAccount;
  }
  if (!makesTokens(client)) return ofAPerson;
  try {
    const token = await endedBy(deadlineMs, client.fetchIdToken(audience));
    return audienceOf(token) === audience ? { token } : ofAPerson;
  } catch (error) {
    return { missing: `no identity token could be had: ${textOf(error)}`, hint: ofAPerson.hint };
  }
}

type TokenQuestion = { readonly audience: string; readonly endpoint: string; readonly deadlineMs: number };

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken */
async function generatedToken(
  client: AuthClient,
  account: string,
  { audience, endpoint, deadlineMs }: TokenQuestion,
): Promise<IdentityToken> {
  try {
    const asked = client.request<{ readonly token?: string }>({
      url: `${endpoint}/v1/projects/-/serviceAccounts/${account}:generateIdToken`,
      method: "POST",
      data: { audience, includeEmail: true },
      timeout: timeoutMs,
      retry: true,
      retryConfig: { httpMethodsToRetry: ["POST"] },
    });
    const { data } = await endedBy(deadlineMs, asked);
    if (data.token) return { token: data.token };
    return { missing: `${account} got no identity token`, hint: grantHint(account) };
  } catch (error) {
    return { missing: `${account} got no identity token: ${textOf(error)}`, hint: grantHint(account) };
  }
}

const grantHint = (account: string): string =>
  `pnpm provision grants it: roles/iam.serviceAccountOpenIdTokenCreator to ${account} on itself`;

const ofNoAccount: IdentityToken = {
  missing: "these federated credentials stand for no service account, and only one has identity tokens",
  hint: "log in as the deployer: `service_account` of google-github-actions/auth, which is the variable GCP_DEPLOYER",
};
const ofAPerson: Extract<IdentityToken, { readonly missing: string }> = {
  missing: "a person's credentials make no identity token for a service",
  hint: "gcloud auth application-default login --impersonate-service-account gh-deployer@PROJECT.iam.gserviceaccount.com, which needs roles/iam.serviceAccountTokenCreator on it",
};

const isFederated = (
  client: AuthClient,
): client is AuthClient & { readonly getServiceAccountEmail: () => string | null } =>
  "getServiceAccountEmail" in client;

const makesTokens = (
  client: AuthClient,
): client is AuthClient & { readonly fetchIdToken: (audience: string) => Promise<string> } => "fetchIdToken" in client;

/** A token that a person's login gives is for the login's own client: Cloud Run takes it for nobody's. */
function audienceOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")).aud;
  } catch {
    return undefined;
  }
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0]?.slice(0, 200) ?? "") : String(error);
