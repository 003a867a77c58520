// One request's way through the routes that match it, to a response. Knows nothing of sockets.
import type { Authorization } from "./authorization.ts";
import { GoogleError } from "./google-error.ts";
import type { RouteMatch } from "./router.ts";
import type { CloudRequest, CloudResponse, CloudService } from "./types.ts";

export type Answer = {
  readonly response: CloudResponse;
  readonly api: string;
  readonly rpc: string;
  readonly write: boolean;
};

export type AnswerContext = {
  readonly authorization: Authorization;
  readonly log: (line: string) => void;
};

/** What has no route is counted and faulted under this name. */
export const UNKNOWN_RPC = "unknown";

/** `projects/p` of the path, in its `projects/` form or Knative's `namespaces/`. */
const projectOf = (request: CloudRequest): string => {
  const project = /\/(?:projects|namespaces)\/([^/:]+)/.exec(request.path)?.[1];
  return project === undefined ? "" : `projects/${decodeURIComponent(project)}`;
};

const callRoute = async ({ route, params }: RouteMatch, plain: CloudRequest, context: AnswerContext) => {
  const request = { ...plain, params };
  if (route.permission !== undefined) {
    const resource = route.resource?.(request) ?? projectOf(request);
    context.authorization.authorize(request.principal, route.permission, resource);
  }
  return await route.handle(request);
};

export const renderError = (service: CloudService | undefined, error: GoogleError): CloudResponse =>
  service?.renderError?.(error) ?? error.toResponse();

const toGoogleError = (error: unknown, match: RouteMatch, context: AnswerContext, request: CloudRequest) => {
  if (error instanceof GoogleError) return error;
  if (!request.signal.aborted) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.log(`500 ${match.route.rpc} ${request.method} ${request.path}: ${text}`);
  }
  return new GoogleError("INTERNAL", isDiskFull(error) ? diskFull : "Internal error encountered.");
};

const diskFull = "The local cloud's disk is full: nothing of this was kept.";

/** Of the system, or of SQLite: https://www.sqlite.org/rescode.html#full */
const isDiskFull = (error: unknown): boolean => {
  const { code, errcode } = Object(error) as { readonly code?: unknown; readonly errcode?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || errcode === 13;
};

/** May the next API that has this path still answer? Only where this one has changed nothing. */
const mayPassOn = (error: GoogleError, { route }: RouteMatch): boolean =>
  error.status === "UNIMPLEMENTED" || (error.status === "NOT_FOUND" && !route.write);

const answerUnknown = (request: CloudRequest, context: AnswerContext): Answer => {
  context.log(`501 ${UNKNOWN_RPC} ${request.method} ${request.host}${request.path}`);
  const error = new GoogleError(
    "UNIMPLEMENTED",
    `The local cloud does not know ${request.method} ${request.host}${request.path}`,
  );
  return { response: error.toResponse(), api: UNKNOWN_RPC, rpc: UNKNOWN_RPC, write: false };
};

/** Asks the routes in turn; the first one's refusal stands when none of them answers. */
export const answerRequest = async (
  matches: readonly RouteMatch[],
  request: CloudRequest,
  context: AnswerContext,
): Promise<Answer> => {
  let refused: { readonly match: RouteMatch; readonly error: GoogleError } | undefined;
  for (const match of matches) {
    const { service, route } = match;
    try {
      const response = await callRoute(match, request, context);
      return { response, api: service.api, rpc: route.rpc, write: route.write };
    } catch (caught) {
      const error = toGoogleError(caught, match, context, request);
      const isFirst =
        refused === undefined || (refused.error.status === "UNIMPLEMENTED" && error.status !== "UNIMPLEMENTED");
      if (isFirst) refused = { match, error };
      if (!mayPassOn(error, match)) break;
    }
  }
  if (refused === undefined) return answerUnknown(request, context);
  const { match, error } = refused;
  if (error.status === "UNIMPLEMENTED") context.log(`501 ${match.route.rpc} ${request.method} ${request.path}`);
  const response = renderError(match.service, error);
  return { response, api: match.service.api, rpc: match.route.rpc, write: match.route.write };
};
