// A secret in memory. Every way of turning it into text by accident gives "[redacted]".
import { inspect } from "node:util";
import { DeployError } from "../deploy-error.ts";

const redacted = "[redacted]";
/** https://cloud.google.com/secret-manager/quotas */
const mostBytes = 65_536;

export class SecretValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself: for the request that stores it, and nothing else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.toPrimitive](): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

/**
 * What a person piped in, or a file held. One line ending at the end is taken off: `echo` and editors add it, and a
 * password with one in it works nowhere.
 * @throws {DeployError} `usage` when it is empty, larger than Secret Manager takes, or not text.
 */
export function parseSecretValue(name: string, bytes: Uint8Array): SecretValue {
  const refuse = (message: string): DeployError =>
    new DeployError("usage", {
      subject: `secret "${name}"`,
      message,
      hint: `printf %s "$VALUE" | pnpm secret set ${name}`,
    });
  if (bytes.length > mostBytes) throw refuse(`its value has ${bytes.length} bytes; at most ${mostBytes} are possible`);
  const text = decode(bytes)?.replace(/\r?\n$/, "");
  if (text === undefined) throw refuse("its value is not UTF-8 text, and a variable can hold nothing else");
  if (text === "") throw refuse("its value is empty");
  if (text.includes("\0")) throw refuse("its value holds a NUL character, and a variable cannot");
  return new SecretValue(text);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
