import type { Environment } from "@slipway/config";

export const testEnvironment = (endpoint: string | undefined): Environment => ({
  name: "local",
  project: "demo-local",
  region: "asia-southeast1",
  endpoint,
  protected: false,
  stateBucket: "demo-local-deploy-state",
  gate: { passes: 1, timeoutMs: 5000, required: false, watchMs: 1000 },
});
