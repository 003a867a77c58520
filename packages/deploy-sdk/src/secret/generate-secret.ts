import { randomBytes as systemRandomBytes } from "node:crypto";
import type { Secret } from "@slipway/config";
import { SecretValue } from "./secret-value.ts";

const bits256 = 32;

/**
 * `password`: 43 characters that need no quoting or encoding anywhere. `fernet`: 32 bytes as url-safe base64 with padding,
 * as https://github.com/fernet/spec/blob/master/Spec.md wants a key.
 */
export function generateSecret(format: Secret["format"], randomBytes = systemRandomBytes): SecretValue {
  const text = randomBytes(bits256).toString("base64url");
  return new SecretValue(format === "fernet" ? `${text}=` : text);
}

/** Is this a key that Fernet takes? */
export const isFernetKey = (value: SecretValue): boolean => /^[A-Za-z0-9_-]{43}=$/.test(value.reveal());
