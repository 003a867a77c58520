// Which APIs the cloud serves, and what each is handed of the others. Where two share a path, the first is asked first.
import { join } from "node:path";
import { createPlatform } from "./platform.ts";
import { createRun } from "./run/create-run.ts";
import type { RunEngineOptions } from "./run/run-engine.ts";
import { createLogStore } from "./runtime/log-store.ts";
import type { CloudContext, CloudService } from "./server/types.ts";
import { createStorageServices } from "./storage/storage-service.ts";

export type ServicesOptions = Pick<RunEngineOptions, "startupMs">;

export const createServices = (context: CloudContext, options: ServicesOptions = {}): readonly CloudService[] => {
  const logs = createLogStore({ dir: join(context.dataDir, "logs"), now: context.now });
  const platform = createPlatform(context, { logs, redisUrl: process.env["REDIS_URL"] });
  const { images, secrets, sqlSockets: sockets, policies } = platform;
  const run = createRun(context, { ...options, images, secrets, sockets, policies, logs });
  const storage = createStorageServices(context);
  // Before the buckets, whose websites claim every other `*.localhost`: a mapped domain is one of those.
  return [...run.services.map(platform.enforceEnabled), storage.json, ...platform.services, storage.xml];
};
