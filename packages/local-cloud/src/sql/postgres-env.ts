/** Environment of PostgreSQL's programs: nothing of ours but what finds programs and libraries. */
export const postgresEnv = ({ libraryPath }: { readonly libraryPath: readonly string[] }): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  TZ: "UTC",
  ...(libraryPath.length > 0 && { LD_LIBRARY_PATH: libraryPath.join(":") }),
});
