import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { applicationDefaultCredentials, credentialsFor, loopbackCredentials } from "../src/google/credentials.ts";
import { testEnvironment } from "./support/environment.ts";
import { type Answerer, json, scriptedServer } from "./support/scripted-server.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "credentials-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  // A machine that nobody has logged in on, and that is none of Google's.
  vi.stubEnv("CLOUDSDK_CONFIG", home);
  vi.stubEnv("HOME", home);
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
  vi.stubEnv("METADATA_SERVER_DETECTION", "none");
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** A person's own credentials. */
async function logIn(refreshToken: string): Promise<void> {
  const file = join(home, "application_default_credentials.json");
  const user = { type: "authorized_user", client_id: "id", client_secret: "s", refresh_token: refreshToken };
  await writeFile(file, JSON.stringify({ ...user, quota_project_id: "billing" }));
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", file);
}

test("without credentials the error says what to run", async () => {
  await expect(applicationDefaultCredentials('environment "staging"').token()).rejects.toMatchObject({
    code: "credentials-missing",
    subject: 'environment "staging"',
    hint: "gcloud auth application-default login",
    exitCode: 2,
  });
});

test("a file of credentials that is not there is named", async () => {
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", join(home, "gone.json"));
  await expect(applicationDefaultCredentials('environment "staging"').token()).rejects.toMatchObject({
    code: "credentials-missing",
    message: expect.stringContaining("gone.json"),
  });
});

test("credentials tell the project that quota is counted on", async () => {
  await logIn("r");
  expect(await applicationDefaultCredentials('environment "staging"').quotaProject()).toBe("billing");
});

test("without credentials there is no identity token either, and the error says what to run", async () => {
  const asked = applicationDefaultCredentials("staging").identityToken("https://api");
  await expect(asked).rejects.toMatchObject({ code: "credentials-missing" });
});

const account = "gh-deployer@shop.iam.gserviceaccount.com";
const exchanged = (token: string): Answerer =>
  json(200, {
    access_token: token,
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    token_type: "Bearer",
    expires_in: 3600,
  });
const impersonated = (accessToken: string): Answerer =>
  json(200, { accessToken, expireTime: new Date(Date.now() + 3_600_000).toISOString() });

/** What `google-github-actions/auth` leaves: credentials of Workload Identity Federation. */
async function federate(
  script: readonly [Answerer, ...Answerer[]],
  { impersonate = true, deadlineMs = 30_000 }: { readonly impersonate?: boolean; readonly deadlineMs?: number } = {},
) {
  const server = await scriptedServer(...script);
  const [file, subject] = [join(home, "federated.json"), join(home, "oidc-token")];
  await writeFile(subject, "github's token");
  const credentials = {
    type: "external_account",
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/github",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${server.endpoint}/v1/token`,
    credential_source: { file: subject },
    ...(impersonate && {
      service_account_impersonation_url: `${server.endpoint}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
    }),
  };
  await writeFile(file, JSON.stringify(credentials));
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", file);
  return {
    credentials: applicationDefaultCredentials("production", { tokenEndpoint: server.endpoint, deadlineMs }),
    seen: server.seen,
  };
}

test("a federated account makes an identity token of itself", async () => {
  const script = [exchanged("federated"), impersonated("deployer"), json(200, { token: "identity" })] as const;
  const { credentials, seen } = await federate(script);
  expect(await credentials.identityToken("https://api-x.run.app")).toEqual({ token: "identity" });
  const asked = seen.at(-1);
  expect(asked).toMatchObject({
    method: "POST",
    url: `/v1/projects/-/serviceAccounts/${account}:generateIdToken`,
    headers: { authorization: "Bearer deployer" },
  });
  expect(JSON.parse(asked?.body ?? "")).toEqual({ audience: "https://api-x.run.app", includeEmail: true });
});

test("a federated account that may not says which role is missing", async () => {
  const denied = json(403, { error: { code: 403, status: "PERMISSION_DENIED", message: "getOpenIdToken denied" } });
  const { credentials } = await federate([exchanged("federated"), impersonated("deployer"), denied]);
  expect(await credentials.identityToken("https://api-x.run.app")).toEqual({
    missing: expect.stringContaining("getOpenIdToken denied"),
    hint: expect.stringContaining(`roles/iam.serviceAccountOpenIdTokenCreator to ${account} on itself`),
  });
});

test("federated credentials of no account have no identity token, and say what to log in as", async () => {
  const { credentials } = await federate([exchanged("federated")], { impersonate: false });
  expect(await credentials.identityToken("https://api-x.run.app")).toMatchObject({
    hint: expect.stringContaining("GCP_DEPLOYER"),
  });
});

test("a federated token that was refused is not used again", async () => {
  const script = [exchanged("a"), impersonated("first"), exchanged("b"), impersonated("second")] as const;
  const { credentials } = await federate(script);
  expect([await credentials.token(), await credentials.token()]).toEqual(["first", "first"]);
  credentials.invalidate();
  expect(await credentials.token()).toBe("second");
});

const mute: Answerer = () => {};

test("a token endpoint that never answers ends a wait for a token, which may be tried again", async () => {
  const { credentials } = await federate([mute], { deadlineMs: 50 });
  await expect(credentials.token()).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("no answer within 0.05 s"),
    retryable: true,
  });
});

test("an account whose API never answers gets no identity token, with the reason", async () => {
  const { credentials } = await federate([exchanged("federated"), impersonated("deployer"), mute], { deadlineMs: 300 });
  expect(await credentials.identityToken("https://api-x.run.app")).toMatchObject({
    missing: expect.stringContaining("no answer within 0.3 s"),
  });
});

test("a loopback endpoint is told a name, never a secret", async () => {
  expect(await credentialsFor(testEnvironment("http://127.0.0.1:1")).token()).toBe("email:developer@localhost");
  vi.stubEnv("DEPLOY_PRINCIPAL", "ci@shop.iam.gserviceaccount.com");
  expect(await loopbackCredentials().token()).toBe("email:ci@shop.iam.gserviceaccount.com");
});
