// When a secret may get another value. Pure.
import type { Secret } from "@slipway/config";

export type Refusal = { readonly message: string; readonly hint: string };

/**
 * replace: a new version is the secret from the next deploy on. overlap: likewise, while the code still reads what the old
 * one encrypted. never: what the first version encrypted would be unreadable with a second.
 * @param alive versions that can still be read: enabled or disabled
 */
export function refuseNewVersion(
  { name, rotation }: Pick<Secret, "name" | "rotation">,
  alive: number,
  force: boolean,
): Refusal | undefined {
  if (rotation !== "never" || alive === 0 || force) return undefined;
  return {
    message: "its rotation is `never`, and it has a value: data that was encrypted with it could no longer be read",
    hint: `if that is meant: pnpm secret set ${name} --force`,
  };
}

/** What a person must do after a new version, for it to take effect. */
export const afterNewVersion: Readonly<Record<Secret["rotation"], string>> = {
  replace: "deploy, so that new revisions take it; then the old version can be disabled",
  overlap: "deploy code that reads both, encrypt anew, and only then disable the old version",
  never: "deploy, so that new revisions take it",
};
