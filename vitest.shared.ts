import { defineProject } from "vitest/config";

/** One Vitest project for a Node package: pure tests beside the code, those that cross modules in `test/`. */
export const nodeProject = (name: string) =>
  defineProject({
    test: {
      name,
      environment: "node",
      include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.ts"],
      exclude: ["**/*.browser.test.*", "**/node_modules/**"],
      testTimeout: 30_000,
      hookTimeout: 60_000,
    },
  });

/** A project whose tests bring whole stacks up: after all others, one file at a time, since each takes the machine. */
export const wholeStackProject = (name: string) =>
  defineProject({
    test: {
      ...nodeProject(name).test,
      maxWorkers: 1,
      sequence: { groupOrder: 1 },
    },
  });
