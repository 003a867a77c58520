import type { Config } from "../config/parse-config.ts";
import type { ErrorReporter } from "./error-reporter.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";

/** What every command is given. */
export type ProcessContext = {
  readonly config: Config;
  readonly logger: Logger;
  readonly reporter: ErrorReporter;
  readonly lifecycle: Lifecycle;
};
