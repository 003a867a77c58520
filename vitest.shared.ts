import { availableParallelism } from "node:os";
import { defineProject } from "vitest/config";

/** For every project. Vitest would leave a core free; but tests wait for servers and programs for much of their time. */
export const maxWorkers = availableParallelism() + 1;

/**
 * One Vitest project for a Node package: pure tests beside the code, those that cross modules in `test/`. Its files share
 * workers, since a fourth of the CPU would go into starting one for each file and loading the same modules again.
 */
export const nodeProject = (name: string) =>
  defineProject({
    test: {
      name,
      environment: "node",
      isolate: false,
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
