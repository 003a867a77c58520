import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Vitest would leave one core free; but tests wait for servers and programs half of their time.
    maxWorkers: availableParallelism(),
    projects: ["{packages,examples,tools}/*/vitest.config.ts", "apps/*/vitest*.config.ts"],
    coverage: { provider: "v8", include: ["{apps,packages,tools}/*/src/**/*.{ts,tsx}"], reporter: ["text-summary"] },
  },
});
