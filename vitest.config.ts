import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: ["{packages,examples,tools}/*/vitest.config.ts", "apps/*/vitest*.config.ts"],
    coverage: { provider: "v8", include: ["{apps,packages,tools}/*/src/**/*.{ts,tsx}"], reporter: ["text-summary"] },
  },
});
