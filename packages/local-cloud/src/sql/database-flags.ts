// Pure. Flags of an instance that are given to PostgreSQL: https://cloud.google.com/sql/docs/postgres/flags
import { isObject, type JsonObject } from "../json/json-object.ts";
import { invalidRequest } from "./sql-error.ts";

/** Supported by Cloud SQL, and without a way to the files or programs of this machine. */
const supported: readonly string[] = [
  "autovacuum",
  "deadlock_timeout",
  "default_statistics_target",
  "default_transaction_isolation",
  "effective_cache_size",
  "idle_in_transaction_session_timeout",
  "lock_timeout",
  "log_lock_waits",
  "log_min_duration_statement",
  "log_temp_files",
  "maintenance_work_mem",
  "max_connections",
  "max_locks_per_transaction",
  "max_parallel_workers",
  "max_parallel_workers_per_gather",
  "max_wal_size",
  "random_page_cost",
  "statement_timeout",
  "temp_file_limit",
  "timezone",
  "work_mem",
];

/** @throws {GoogleError} 400 for one that cannot be set. */
export function databaseFlags(settings: JsonObject): Readonly<Record<string, string>> {
  const given = settings["databaseFlags"] ?? [];
  if (!Array.isArray(given)) throw invalidRequest("settings.databaseFlags must be a list");
  return Object.fromEntries(given.map(parseFlag));
}

function parseFlag(flag: unknown): readonly [string, string] {
  const { name, value } = isObject(flag) ? flag : {};
  if (typeof name !== "string" || !supported.includes(name)) {
    throw invalidRequest(`Flag requested cannot be set: ${String(name).slice(0, 60)}`);
  }
  if (typeof value !== "string" || !/^[\w .+/-]{1,64}$/.test(value))
    throw invalidRequest(`Flag ${name} has an invalid value.`);
  return [name, value];
}
