// `gcloud secrets`.
import { describe, expect, test } from "vitest";
import { inOrder, lane, type UseSession } from "./session.ts";

type Version = { readonly name: string; readonly state: string };

export function judgeSecrets(use: UseSession): void {
  describe("gcloud secrets", lane, () => {
    const access = (version: string) => use().shell(`gcloud secrets versions access ${version} --secret=ORIGINS`);

    test("adds a version, lists and reads what there is", inOrder, async () => {
      const { ok, json } = use();
      await ok("echo -n https://app.botbalance.me | gcloud secrets create ORIGINS --data-file=-");
      await ok("echo -n https://other.example | gcloud secrets versions add ORIGINS --data-file=-");
      const [secrets, versions, latest, first] = await Promise.all([
        json("gcloud secrets list --filter=name:ORIGINS"),
        json<readonly Version[]>("gcloud secrets versions list ORIGINS"),
        access("latest"),
        access("1"),
      ]);
      expect(secrets).toMatchObject([{ name: expect.stringMatching(/\/ORIGINS$/) }]);
      expect(versions.map(({ name, state }) => [name.split("/").at(-1), state])).toEqual([
        ["2", "ENABLED"],
        ["1", "ENABLED"],
      ]);
      expect([latest.stdout, first.stdout]).toEqual(["https://other.example", "https://app.botbalance.me"]);
    });

    test("disables and destroys versions, which then cannot be read", inOrder, async () => {
      const { ok } = use();
      await Promise.all([
        ok("gcloud secrets versions disable 2 --secret=ORIGINS"),
        ok("gcloud secrets versions destroy 1 --secret=ORIGINS"),
      ]);
      const [disabled, destroyed] = await Promise.all([access("latest"), access("1")]);
      expect([disabled.code, disabled.stderr]).toEqual([1, expect.stringContaining("is in DISABLED state")]);
      expect([destroyed.code, destroyed.stderr]).toEqual([1, expect.stringContaining("is in DESTROYED state")]);
    });
  });
}
