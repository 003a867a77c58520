import { defineStack } from "@slipway/config";

const secrets = ["DATABASE_URL", "REDIS_URL", "DJANGO_SECRET_KEY", "ENCRYPTION_KEY", "SENTRY_DSN"];
const env = {
  DATABASE_HOST: "/cloudsql/{database.connectionName}",
  CORS_ALLOWED_ORIGINS: "{sites.frontend.url}",
  ALLOWED_HOSTS: "{services.api.host}",
  // Told by the health endpoints. A new commit or release alone does not make a new revision.
  COMMIT_SHA: "{commit}",
  RELEASE_ID: "{release}",
};

export default defineStack({
  name: "botbalance",
  region: "asia-southeast1",
  repository: "botbalance-backend",

  environments: {
    local: {
      project: "botbalance-local",
      endpoint: "http://127.0.0.1:8790",
      redis: { kind: "memorystore" },
    },
    staging: {
      project: "botbalance-staging",
      domains: { api: "api.staging.botbalance.me", frontend: "app.staging.botbalance.me" },
      buckets: { frontend: "app.staging.botbalance.me" },
      scaling: { api: { min: 0, max: 2 } },
    },
    production: {
      project: "botbalance",
      domains: { api: "api.botbalance.me", frontend: "app.botbalance.me" },
    },
  },

  database: { version: "POSTGRES_15", cpu: 2, memoryMb: 7680, name: "appdb", user: "appuser" },
  redis: { kind: "external" },

  secrets: {
    DATABASE_URL: { source: "database" },
    REDIS_URL: { source: "redis" },
    DJANGO_SECRET_KEY: { source: "generated" },
    ENCRYPTION_KEY: { source: "generated", format: "fernet", rotation: "never" },
    SENTRY_DSN: { optional: true },
  },

  images: {
    backend: { build: "node", project: "apps/backend", entry: "src/main.ts", name: "api" },
  },
  jobs: {
    migrate: { project: "apps/backend", image: "backend", args: ["migrate"], env, secrets },
  },
  services: {
    api: {
      project: "apps/backend",
      image: "backend",
      args: ["api"],
      env,
      secrets,
      public: true,
      concurrency: 40,
      scaling: { min: 1, max: 4 },
      startup: { path: "/api/live", period: "1s", failures: 60 },
      liveness: { path: "/api/live" },
    },
  },
  workers: {
    worker: { project: "apps/backend", image: "backend", args: ["worker"], env, secrets },
  },
  sites: {
    frontend: {
      project: "apps/dashboard-frontend",
      bucket: "app.botbalance.me",
      config: { apiUrl: "{services.api.url}", environment: "{environment.name}" },
    },
  },
});
