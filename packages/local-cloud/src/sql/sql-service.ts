// Cloud SQL: its administration, and the real PostgreSQL behind each instance.
import { jsonRoute } from "../json/json-route.ts";
import type { Projects } from "../resource-manager/projects.ts";
import type { SqlSockets } from "../runtime/sql-sockets.ts";
import { ignoredFields } from "../server/field-support.ts";
import type { CloudContext, CloudService, Route } from "../server/types.ts";
import { settingsSupport } from "./instance-support.ts";
import { createInstances, type Instances } from "./instances.ts";
import { renderSqlError } from "./sql-error.ts";
import { createSqlOperations, type SqlOperation, type SqlOperations } from "./sql-operations.ts";
import { sqlRoutes } from "./sql-routes.ts";

export type Sql = {
  readonly service: CloudService;
  /** Stops and starts servers without Cloud SQL knowing, as an outage would. */
  readonly control: CloudService;
  readonly sockets: SqlSockets;
};

export function createSql(context: CloudContext, projects: Projects): Sql {
  const instances = createInstances(context);
  const operations = createSqlOperations(context);
  return {
    sockets: { socketDir: instances.socketDir },
    control: { api: "local", routes: controlRoutes(instances) },
    service: {
      api: "sqladmin.googleapis.com",
      routes: sqlRoutes({ instances, operations, projects, now: context.now }),
      renderError: renderSqlError,
      ignoredFields: ignoredFields({ Settings: settingsSupport }),
      start: () => bringBack(context, instances, operations),
      stop: async () => {
        await instances.stop();
        await operations.stop();
        // What an operation started meanwhile.
        await instances.stop();
      },
    },
  };
}

/** `/_local/sql/P:R:I:stop` and `:start`; stopped so, an instance runs again after a restart of the cloud. */
function controlRoutes(instances: Instances): readonly Route[] {
  const route = (verb: "stop" | "start"): Route =>
    jsonRoute(
      { method: "POST", template: `/_local/sql/{connection}:${verb}`, rpc: `local.sql.${verb}`, write: false },
      async ({ params }) => {
        await instances.serverOf(instances.byConnection(params["connection"] ?? ""))[verb]();
        return {};
      },
    );
  return [route("stop"), route("start")];
}

/** Starts what should run, then goes on with what a killed process left undone. */
async function bringBack({ log }: CloudContext, instances: Instances, operations: SqlOperations): Promise<void> {
  const unfinished = operations.unfinished();
  const busy = new Set(unfinished.map(({ project, instance }) => `${project}/${instance}`));
  const wanted = instances
    .all()
    .filter(({ project, name, settings }) => settings.activationPolicy === "ALWAYS" && !busy.has(`${project}/${name}`));
  await Promise.all(
    wanted.map(async (instance) => {
      await instances.apply(instance).catch((error: unknown) => log(`sql: "${instance.name}" did not start: ${error}`));
    }),
  );
  for (const operation of unfinished) operations.resume(operation, () => finish(instances, operation));
}

async function finish(instances: Instances, operation: SqlOperation): Promise<void> {
  const { project, instance: name, type, resumable } = operation;
  const exists = instances.exists(project, name);
  if (type === "DELETE") return exists ? instances.remove(instances.find(project, name)) : undefined;
  if (exists) await instances.apply(instances.find(project, name));
  if (!exists || !resumable) throw new Error(`${type} was interrupted by a restart: do it again`);
}
