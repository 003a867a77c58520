import type { AuthClient } from "google-auth-library";
import { expect, test } from "vitest";
import { identityTokenOf } from "./identity-token.ts";

const tokenFor = (aud: string): string =>
  ["{}", JSON.stringify({ aud }), "signature"].map((part) => Buffer.from(part).toString("base64url")).join(".");
/** Credentials that can be asked for a token: an account's key, an instance's account, or a person's login. */
const clientWith = (fetchIdToken: () => Promise<string>) => ({ fetchIdToken }) as unknown as AuthClient;
const nowhere = "http://127.0.0.1:1";

test("an account's token for the service is taken", async () => {
  const token = tokenFor("https://api.run.app");
  expect(
    await identityTokenOf(
      clientWith(async () => token),
      "https://api.run.app",
      nowhere,
      60_000,
    ),
  ).toEqual({ token });
});

test("a person's token is for the login's own client, and of no use: the error says how to act as the deployer", async () => {
  const client = clientWith(async () => tokenFor("764086051850.apps.googleusercontent.com"));
  expect(await identityTokenOf(client, "https://api.run.app", nowhere, 60_000)).toEqual({
    missing: expect.stringContaining("person"),
    hint: expect.stringContaining("--impersonate-service-account"),
  });
});

test("a token that could not be had is none, with the reason", async () => {
  const client = clientWith(() => Promise.reject(new Error("metadata is away")));
  expect(await identityTokenOf(client, "https://api.run.app", nowhere, 60_000)).toMatchObject({
    missing: expect.stringContaining("metadata is away"),
  });
});

test("a wait for an account's token ends", async () => {
  const client = clientWith(() => new Promise(() => {}));
  expect(await identityTokenOf(client, "https://api.run.app", nowhere, 10)).toMatchObject({
    missing: expect.stringContaining("no answer within 0.01 s"),
  });
});
