// Annotations of the v1 API that stand for what is not done here: refused by name, as the v2 API's fields are.
import { GoogleError } from "../../server/google-error.ts";

const refused: readonly string[] = [
  "base-images",
  "binary-authorization",
  "binary-authorization-breakglass",
  "container-dependencies",
  "custom-audiences",
  "encryption-key",
  "encryption-key-shutdown-hours",
  "iap-enabled",
  "mesh",
  "post-key-revocation-action-type",
].map((name) => `run.googleapis.com/${name}`);

const asksForNothing = (value: string | undefined): boolean => [undefined, "", "false", "[]", "{}"].includes(value);

/** @throws {GoogleError} UNIMPLEMENTED */
export function refuseAnnotations(annotations: Readonly<Record<string, string>>): void {
  const asked = refused.filter((name) => !asksForNothing(annotations[name]));
  if (asked.length > 0)
    throw new GoogleError("UNIMPLEMENTED", `The local cloud does not have the annotation ${asked.join(", ")}.`);
}
