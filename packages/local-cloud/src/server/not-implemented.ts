import { GoogleError } from "./google-error.ts";
import type { Route } from "./types.ts";

/** A method that Google has and the local cloud has not: answered 501 with its name, never with a pretended success. */
export const notImplemented = ({ rpc, ...rule }: Pick<Route, "method" | "template" | "body" | "rpc">): Route => ({
  ...rule,
  rpc,
  write: false,
  refused: true,
  handle: () => {
    throw new GoogleError("UNIMPLEMENTED", `${rpc} is not implemented in the local cloud.`);
  },
});
