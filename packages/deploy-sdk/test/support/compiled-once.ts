import { fileURLToPath } from "node:url";

/** The environment of processes that a test starts many times: most of such a start is compiling the same again. */
export const compiledOnce: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache/compiled", import.meta.url)),
};
