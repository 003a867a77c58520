import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { applicationDefaultCredentials, credentialsFor, loopbackCredentials } from "../src/google/credentials.ts";
import { testEnvironment } from "./support/environment.ts";

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

test("an identity token that cannot be made is none, not an error", async () => {
  expect(await applicationDefaultCredentials('environment "staging"').identityToken("https://api")).toBeUndefined();
});

test("a loopback endpoint is told a name, never a secret", async () => {
  expect(await credentialsFor(testEnvironment("http://127.0.0.1:1")).token()).toBe("email:developer@localhost");
  vi.stubEnv("DEPLOY_PRINCIPAL", "ci@shop.iam.gserviceaccount.com");
  expect(await loopbackCredentials().token()).toBe("email:ci@shop.iam.gserviceaccount.com");
});
