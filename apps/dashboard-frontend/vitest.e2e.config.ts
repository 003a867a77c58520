import { defineProject } from "vitest/config";

/** The built page in a real Chromium, against real servers. */
export default defineProject({
  test: {
    name: "dashboard-frontend-e2e",
    include: ["e2e/**/*.e2e.test.ts"],
    globalSetup: ["e2e/build-page.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
