// undici's Agent and `request`, without the rest of undici.
import { createRequire } from "node:module";
import type { Agent, Dispatcher } from "undici";
import { lookup } from "./addresses.ts";
import { timeouts } from "./retry.ts";

export type HttpAgent = {
  readonly request: (options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>;
  readonly close: () => Promise<void>;
};

/**
 * Loading all of undici takes 120 ms, of which fetch, WebSocket, mocks and caches are most; these two modules take 40.
 * The version is pinned, and a test loads them.
 */
export function createHttpAgent(): HttpAgent {
  const require = createRequire(import.meta.url);
  const AgentClass = require("undici/lib/dispatcher/agent.js") as typeof Agent;
  const request = require("undici/lib/api/api-request.js") as (
    this: Agent,
    options: Dispatcher.RequestOptions,
  ) => Promise<Dispatcher.ResponseData>;
  const agent = new AgentClass({
    allowH2: false,
    connect: { lookup, timeout: timeouts.connectMs },
    keepAliveTimeout: timeouts.keepAliveMs,
    keepAliveMaxTimeout: timeouts.keepAliveMs,
    // The transport watches for progress itself: a slow upload is no stall.
    headersTimeout: 0,
    bodyTimeout: timeouts.stallMs,
  });
  return { request: (options) => request.call(agent, options), close: () => agent.destroy() };
}
