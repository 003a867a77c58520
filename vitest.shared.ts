import { availableParallelism } from "node:os";
import { defineProject } from "vitest/config";

/** For every project. Vitest would leave one core free; but tests wait for servers and programs half of their time. */
export const maxWorkers = availableParallelism();

/** One Vitest project for a Node package: pure tests beside the code, those that cross modules in `test/`. */
export const nodeProject = (name: string) =>
  defineProject({
    test: {
      name,
      environment: "node",
      maxWorkers,
      include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.ts"],
      exclude: ["**/*.browser.test.*", "**/node_modules/**"],
      // Deadlines for what hangs, not measures of speed: a busy machine is slow.
      testTimeout: 120_000,
      hookTimeout: 240_000,
      // A runner shared with others can miss any deadline once. What fails twice is broken.
      retry: process.env["CI"] ? 1 : 0,
    },
  });

/** A project whose tests bring whole stacks up: together with no others, since each takes much of the machine. */
export const wholeStackProject = (name: string) =>
  defineProject({ test: { ...nodeProject(name).test, sequence: { groupOrder: 1 } } });
