import { defineProject } from "vitest/config";
import { maxWorkers } from "../../vitest.shared.ts";

const takesScreenshots = process.env["UPDATE_SCREENSHOTS"] === "1";

/** The built page in a real Chromium, against real servers. */
export default defineProject({
  test: {
    name: "dashboard-frontend-e2e",
    maxWorkers,
    include: ["e2e/**/*.e2e.test.ts"],
    // They are pictures for the documents, not tests: taken when asked for.
    exclude: takesScreenshots ? [] : ["e2e/screenshots.e2e.test.ts"],
    globalSetup: ["e2e/build-page.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
