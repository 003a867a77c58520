// Which service answers: by host where Google's own name is used, else every service whose path matches.
import { createPathIndex, type PathIndex } from "./path-index.ts";
import { isGoogleHost } from "./request-target.ts";
import type { CloudService, HttpMethod, Route } from "./types.ts";

export type RouteMatch = {
  readonly service: CloudService;
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
};

export type Router = {
  /**
   * All routes that could answer, best first. Two APIs may share a path (`/v1/projects/*\/locations/*\/operations/*`);
   * then a read that the first does not find is the next one's to answer.
   */
  readonly find: (host: string, method: string, path: string) => readonly RouteMatch[];
};

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] satisfies HttpMethod[];

export const isHttpMethod = (method: string | undefined): method is HttpMethod => METHODS.includes(method ?? "");

/** `asia-southeast1-run.googleapis.com` is `run.googleapis.com` in one region; Artifact Registry has multi-regions too. */
export const apiOf = (host: string): string => host.replace(/^(?:[a-z]+-[a-z]+\d+|us|europe|asia)-/, "");

type ServiceIndex = { readonly service: CloudService; readonly index: PathIndex<Route> };

export const createRouter = (services: readonly CloudService[]): Router => {
  const indexes: readonly ServiceIndex[] = services.map((service) => ({
    service,
    index: createPathIndex(service.routes.map((route) => ({ ...route, value: route }))),
  }));
  const byApi = Map.groupBy(indexes, ({ service }) => service.api);
  return {
    find: (host, method, path) => {
      const asked = isGoogleHost(host) ? (byApi.get(host) ?? byApi.get(apiOf(host)) ?? []) : indexes;
      return asked.flatMap(({ service, index }) =>
        index.find(method, path).map(({ value, params }) => ({ service, route: value, params })),
      );
    },
  };
};
