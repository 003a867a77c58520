// What Cloud Run and good sense refuse of the paths at which a service is probed. Pure.
import type { ConfigIssue } from "./config-error.ts";
import { seconds } from "./quantities.ts";
import type { WrittenStack } from "./written.ts";

const reservedPaths = /z$|^\/_ah\/|^\/eventlog/;
export const pathsAreNotReserved = (stack: WrittenStack): readonly ConfigIssue[] =>
  Object.entries(stack.services ?? {}).flatMap(([name, { health, healthDetailed, startup, liveness }]) =>
    Object.entries({ health, healthDetailed, "startup.path": startup?.path, "liveness.path": liveness?.path }).flatMap(
      ([field, path]) =>
        path && reservedPaths.test(path)
          ? [
              {
                path: `services.${name}.${field}`,
                message: `Cloud Run keeps "${path}" for itself (paths that end in z, /_ah/, /eventlog)`,
              },
            ]
          : [],
    ),
  );

/** A probe that looks at the dependencies restarts every instance when one of those is away. */
export const livenessLooksAtTheProcess = (stack: WrittenStack): readonly ConfigIssue[] =>
  Object.entries(stack.services ?? {}).flatMap(
    ([name, { liveness, health = "/api/health", healthDetailed = "/api/health/detailed" }]) =>
      liveness && [health, healthDetailed].includes(liveness.path)
        ? [
            {
              path: `services.${name}.liveness.path`,
              message: `"${liveness.path}" tells of dependencies too: without one of them every instance would be restarted; probe a path that looks at the process alone`,
            },
          ]
        : [],
  );

export const startupFitsCloudRun = (stack: WrittenStack): readonly ConfigIssue[] =>
  Object.entries(stack.services ?? {}).flatMap(([name, { startup }]) => {
    const budget = seconds(startup?.period ?? "5s") * (startup?.failures ?? 24);
    return budget > 240
      ? [{ path: `services.${name}.startup`, message: `period times failures is ${budget} s; Cloud Run allows 240 s` }]
      : [];
  });
