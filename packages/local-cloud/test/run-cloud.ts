// A cloud that serves Cloud Run alone, with images made by the test, and the official clients that speak to it.
import { request } from "node:http";
import { join } from "node:path";
import {
  ExecutionsClient,
  JobsClient,
  RevisionsClient,
  ServicesClient,
  TasksClient,
  WorkerPoolsClient,
} from "@google-cloud/run";
import { PassThroughClient } from "google-auth-library";
import { createEvaluator } from "../src/iam/evaluate.ts";
import { createPolicies } from "../src/iam/policies.ts";
import { createRun, type Run } from "../src/run/create-run.ts";
import type { RunEngineOptions } from "../src/run/run-engine.ts";
import { createLogStore, type LogStore } from "../src/runtime/log-store.ts";
import { GoogleError } from "../src/server/google-error.ts";
import { createTestImages, type TestImages } from "./runtime-images.ts";
import { createFolder, startCloud, type TestCloud } from "./support/start-cloud.ts";

export const project = "demo";
export const location = "asia-southeast1";
export const parent = `projects/${project}/locations/${location}`;

export type RunCloud = {
  readonly cloud: TestCloud;
  readonly run: Run;
  readonly logs: LogStore;
  readonly images: TestImages;
  readonly secrets: Map<string, string>;
  /** Accounts that values of secrets were read for. */
  readonly secretReaders: Set<string | undefined>;
  readonly sockets: Map<string, string>;
  readonly clients: RunClients;
  /** Lines that a service, job or pool wrote, by its name. */
  readonly lines: (name: string) => readonly string[];
  readonly stop: () => Promise<void>;
};

export type RunClients = {
  readonly services: ServicesClient;
  readonly revisions: RevisionsClient;
  readonly jobs: JobsClient;
  readonly executions: ExecutionsClient;
  readonly tasks: TasksClient;
  readonly workerPools: WorkerPoolsClient;
};

export type RunCloudOptions = Partial<Pick<RunEngineOptions, "idleMs" | "startupMs" | "graceMs" | "queueMs">> & {
  readonly folder?: string;
  readonly images?: TestImages;
  readonly onEnd?: (cleanup: () => Promise<void> | void) => void;
};

const createClients = (port: number): RunClients => {
  const options = {
    fallback: true as const,
    protocol: "http",
    apiEndpoint: "127.0.0.1",
    port,
    projectId: project,
    authClient: new PassThroughClient() as never,
  };
  return {
    services: new ServicesClient(options),
    revisions: new RevisionsClient(options),
    jobs: new JobsClient(options),
    executions: new ExecutionsClient(options),
    tasks: new TasksClient(options),
    workerPools: new WorkerPoolsClient(options),
  };
};

/** Quick by default: what a laptop's user would wait seconds for ends in a fraction of one. */
export async function startRunCloud(options: RunCloudOptions = {}): Promise<RunCloud> {
  const { folder = createFolder(options.onEnd), onEnd, images = createTestImages(folder), ...engine } = options;
  const secrets = new Map<string, string>();
  const secretReaders = new Set<string | undefined>();
  const sockets = new Map<string, string>();
  const parts: { run?: Run; logs?: LogStore } = {};
  const cloud = await startCloud({
    dataDir: join(folder, "data"),
    ...(onEnd && { onEnd }),
    services: (context) => {
      const policies = createPolicies(context.store, () => true);
      const logs = createLogStore({ dir: join(folder, "logs"), now: context.now });
      const run = createRun(context, {
        ...{ images, policies, logs, startupMs: 1_500, graceMs: 500 },
        ...engine,
        secrets: {
          access: (owner, secret, version, account) => {
            secretReaders.add(account);
            const value = secrets.get(`${secret}/${version}`);
            if (value === undefined) {
              throw new GoogleError(
                "NOT_FOUND",
                `Secret [projects/${owner}/secrets/${secret}/versions/${version}] not found or has no versions.`,
              );
            }
            return { version, payload: Buffer.from(value) };
          },
        },
        sockets: { socketDir: (name) => sockets.get(name) },
      });
      Object.assign(parts, { run, logs });
      const authorizer = { api: "iam.googleapis.com", routes: [], authorizer: createEvaluator(policies.find) };
      return [...run.services, authorizer];
    },
  });
  const { run, logs } = parts;
  if (!run || !logs) throw new Error("no services were made");
  return {
    ...{ cloud, run, logs, images, secrets, secretReaders, sockets, clients: createClients(cloud.port) },
    lines: (name) =>
      logs.read({ project, name }, 1_000).map((entry) => entry.textPayload ?? JSON.stringify(entry.jsonPayload)),
    stop: cloud.stop,
  };
}

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

export type AskOptions = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

/** A request to a service's host: names below `.localhost` mean this machine (RFC 6761). */
export const ask = (
  uri: string,
  { method = "GET", path = "/", headers = {}, body }: AskOptions = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { host, port } = new URL(uri);
    const sent = request(
      { host: "127.0.0.1", port, method, path, headers: { host, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });

/** A server whose answers say what it is; with `handler`'s body in place of the default. */
export const serverScript = (handler = `response.end(JSON.stringify({ ...about, path: request.url }))`): string => `
const about = { version: process.env.VERSION ?? "1", revision: process.env.K_REVISION, service: process.env.K_SERVICE, pid: process.pid };
require("http").createServer(async (request, response) => { ${handler} }).listen(process.env.PORT, () => console.log("listening"));
process.on("SIGTERM", () => { console.log("terminating"); process.exit(0); });
`;

export const everyone = { policy: { bindings: [{ role: "roles/run.invoker", members: ["allUsers"] }] } };
