// The team's stack with its own kind of backend: Django and Celery, from a Dockerfile. Copy it over the workspace's stack.ts
// to make it the one that is deployed (docs/django.md).
import { defineStack } from "@slipway/config";

const project = "examples/django";
const secrets = ["DATABASE_URL", "REDIS_URL", "DJANGO_SECRET_KEY", "ENCRYPTION_KEY", "SENTRY_DSN"];
const env = {
  DATABASE_HOST: "/cloudsql/{database.connectionName}",
  CORS_ALLOWED_ORIGINS: "{sites.frontend.url}",
  ALLOWED_HOSTS: "{services.api.host}",
  // Told by the health views. A new commit or release alone does not make a new revision.
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
    // `Dockerfile` where images can be pulled; this one needs `./make-rootfs.sh` first.
    backend: { build: "dockerfile", project, dockerfile: "Dockerfile.rootfs", name: "api" },
  },
  jobs: {
    migrate: { project, image: "backend", command: ["python3"], args: ["manage.py", "migrate"], env, secrets },
  },
  services: {
    api: {
      project,
      image: "backend",
      command: ["gunicorn"],
      args: ["--config", "gunicorn.conf.py", "botbalance.wsgi"],
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
    worker: {
      project,
      image: "backend",
      command: ["celery"],
      // Without the talk between workers: with it a worker may connect again and consume nothing (docs/django.md).
      args: "--app botbalance worker --loglevel info --concurrency 2 --without-mingle --without-gossip".split(" "),
      env,
      secrets,
    },
  },
  sites: {
    frontend: {
      project: "apps/dashboard-frontend",
      bucket: "app.botbalance.me",
      config: { apiUrl: "{services.api.url}", environment: "{environment.name}" },
    },
  },
});
