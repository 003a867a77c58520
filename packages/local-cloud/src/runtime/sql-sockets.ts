// Where the runtime finds the databases that a container reaches at `/cloudsql/PROJECT:REGION:INSTANCE`.

export type SqlSockets = {
  /** Absolute path, on this machine, of the folder that holds `.s.PGSQL.5432`; undefined: no such instance. It may be given before the server listens. */
  readonly socketDir: (connectionName: string) => string | undefined;
};
