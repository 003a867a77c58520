import react from "@vitejs/plugin-react";
import { playwright } from "@vitest/browser-playwright";
import { defineProject } from "vitest/config";
import { maxWorkers } from "../../vitest.shared.ts";
import { chromiumLaunchOptions } from "./e2e/chromium.ts";

/** Components in a real Chromium. */
export default defineProject({
  plugins: [react()],
  test: {
    name: "dashboard-frontend-browser",
    maxWorkers,
    expect: { poll: { timeout: 5_000 } },
    include: ["src/**/*.browser.test.tsx"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: chromiumLaunchOptions() }),
      instances: [{ browser: "chromium", name: "dashboard-frontend-browser" }],
    },
  },
});
