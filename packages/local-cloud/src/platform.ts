// Everything but Cloud Run and Cloud Storage: what they are handed, and the APIs beside them.
import { createArtifactsService } from "./artifacts/artifacts-service.ts";
import { createRepositories } from "./artifacts/repositories.ts";
import { createIam } from "./iam/iam-service.ts";
import type { Policies } from "./iam/policies.ts";
import { createLogging } from "./logging/logging-service.ts";
import { createRedis } from "./redis/redis-service.ts";
import { createRegistry } from "./registry/registry-service.ts";
import { createProjects, type Projects } from "./resource-manager/projects.ts";
import { createResourceManager } from "./resource-manager/resource-manager-service.ts";
import type { ImageSource } from "./runtime/image-source.ts";
import type { LogStore } from "./runtime/log-store.ts";
import type { SecretSource } from "./runtime/secret-source.ts";
import type { SqlSockets } from "./runtime/sql-sockets.ts";
import { createSecrets } from "./secrets/secrets-service.ts";
import type { CloudContext, CloudService } from "./server/types.ts";
import { createServiceUsage } from "./service-usage/service-usage-service.ts";
import { createSql } from "./sql/sql-service.ts";

export type Platform = {
  readonly services: readonly CloudService[];
  /** A service that refuses calls for projects which have not enabled its API, while that is asked for. */
  readonly enforceEnabled: (service: CloudService) => CloudService;
  readonly images: ImageSource;
  readonly secrets: SecretSource;
  readonly sqlSockets: SqlSockets;
  readonly projects: Projects;
  readonly policies: Policies;
};

export type PlatformOptions = {
  readonly logs: Pick<LogStore, "read">;
  /** Value of REDIS_URL in the cloud's own environment: a Redis to use instead of starting one. */
  readonly redisUrl?: string | undefined;
};

export function createPlatform(context: CloudContext, { logs, redisUrl }: PlatformOptions): Platform {
  const projects = createProjects(context.store, context.now);
  const { service: iam, policies } = createIam(context, projects);
  const repositories = createRepositories(context, projects);
  const registry = createRegistry(context, repositories.findForRegistry);
  const secrets = createSecrets(context, { projects, policies });
  const sql = createSql(context, projects);
  const redis = createRedis(context, { projects, redisUrl });
  const usage = createServiceUsage(context, projects);
  const artifacts = createArtifactsService(context, { repositories, registry, policies });
  return {
    ...{ projects, policies, enforceEnabled: usage.enforce },
    ...{ images: registry.images, secrets: secrets.source, sqlSockets: sql.sockets },
    services: [
      ...[artifacts, secrets.service, sql.service, redis.service, iam].map(usage.enforce),
      createResourceManager(context, { projects, policies }),
      createLogging(context, { logs, projects }),
      ...[registry.service, usage.service, usage.control, sql.control, redis.control],
    ],
  };
}
