import { inspect } from "node:util";
import { expect, test } from "vitest";
import { generateSecret, isFernetKey } from "./generate-secret.ts";
import { refuseNewVersion } from "./secret-rules.ts";
import { parseSecretValue, SecretValue } from "./secret-value.ts";

test("shows itself in no way of becoming text by accident", () => {
  const secret = new SecretValue("hunter2");
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
    inspect([secret], { customInspect: false }),
    Object.keys(secret).join(),
    new Error(`failed with ${secret}`).message,
    JSON.stringify(structuredClone({ ...secret })),
  ];
  expect(shown.filter((text) => text.includes("hunter2"))).toEqual([]);
  expect(shown[0]).toBe("[redacted]");
  expect(secret.reveal()).toBe("hunter2");
});

test("takes off the one line ending that echo and editors add", () => {
  const parse = (text: string) => parseSecretValue("X", Buffer.from(text)).reveal();
  expect(parse("value\n")).toBe("value");
  expect(parse("value\r\n")).toBe("value");
  expect(parse("two\nlines\n\n")).toBe("two\nlines\n");
  expect(parse(" value ")).toBe(" value ");
});

test.each([
  ["empty", Buffer.from("\n")],
  ["larger than Secret Manager takes", Buffer.alloc(65_537, "a")],
  ["not text", Buffer.from([0xff, 0xfe, 0x00])],
  ["with a NUL", Buffer.from("a\0b")],
])("refuses a value that is %s, without repeating it", (_name, bytes) => {
  try {
    parseSecretValue("TOKEN", bytes);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: "usage", subject: 'secret "TOKEN"' });
    expect(inspect(error)).not.toContain("aaaa");
  }
});

test("generates passwords that need no quoting, and keys that Fernet takes", () => {
  const password = generateSecret("password").reveal();
  expect(password).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(encodeURIComponent(password)).toBe(password);
  const key = generateSecret("fernet");
  expect(isFernetKey(key)).toBe(true);
  expect(Buffer.from(key.reveal(), "base64url")).toHaveLength(32);
  expect(generateSecret("password").reveal()).not.toBe(password);
  expect(isFernetKey(new SecretValue("short"))).toBe(false);
});

test("gives a secret that must never change a second value only by force", () => {
  const never = { name: "ENCRYPTION_KEY", rotation: "never" } as const;
  expect(refuseNewVersion(never, 0, false)).toBeUndefined();
  expect(refuseNewVersion(never, 1, true)).toBeUndefined();
  expect(refuseNewVersion(never, 1, false)?.hint).toContain("--force");
  expect(refuseNewVersion({ name: "A", rotation: "replace" }, 5, false)).toBeUndefined();
  expect(refuseNewVersion({ name: "A", rotation: "overlap" }, 5, false)).toBeUndefined();
});
