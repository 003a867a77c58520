import { expect, test } from "vitest";
import { shippedFiles } from "./shipped-files.ts";

test("leaves out tests, their tools and credentials, and nothing that a program could read", () => {
  const kept = ["package.json", "src/main.ts", "src/mail/welcome.md", "migrations/1.sql", "assets/logo.png"];
  const left = [
    "src/main.test.ts",
    "test/api.ts",
    "vitest.config.ts",
    "README.md",
    ".env",
    "config/.env.local",
    ".npmrc",
  ];
  expect(shippedFiles([...kept, ...left], undefined)).toEqual(kept);
});

test("ships what package.json names under `files`, and package.json itself", () => {
  const paths = ["package.json", "src/main.ts", "src/main.test.ts", "scripts/x.ts", "README.md", "src/.env"];
  expect(shippedFiles(paths, ["src/"])).toEqual(["package.json", "src/main.ts", "src/main.test.ts"]);
  expect(shippedFiles(paths, ["./scripts/*.ts"])).toEqual(["package.json", "scripts/x.ts"]);
});
