import { defineConfig } from "vitest/config";
import { LongestFirst } from "./vitest.sequence.ts";

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: ["{packages,examples,tools}/*/vitest.config.ts", "apps/*/vitest*.config.ts"],
    coverage: { provider: "v8", include: ["{apps,packages,tools}/*/src/**/*.{ts,tsx}"], reporter: ["text-summary"] },
  },
});
