// Puts the cloud together: state, services, adapter, socket. Starts and ends them in order.
import { join, resolve } from "node:path";
import { createControlService } from "./control/control-service.ts";
import { lockDataDir, writeServerInfo } from "./control/data-dir.ts";
import { createTunnels } from "./grpc/tunnels.ts";
import { LocalCloudError } from "./local-cloud-error.ts";
import { type Adapter, createAdapter } from "./server/adapter.ts";
import { createAuthorization, type IamMode, type PermissionUse } from "./server/authorization.ts";
import { createCounters } from "./server/counters.ts";
import { createFaults } from "./server/faults.ts";
import { startHttpServer } from "./server/http-server.ts";
import { createRouter } from "./server/router.ts";
import type { CloudContext, CloudService, HostHandler } from "./server/types.ts";
import { createServices } from "./services.ts";
import { openStore } from "./store/sqlite-store.ts";
import type { Store } from "./store/types.ts";

export type LocalCloudOptions = {
  /** Holds all state; created where missing; one running cloud a folder. */
  readonly dataDir: string;
  /** 0 (the default): any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. Anything else opens the cloud, which runs what is deployed to it, to that network. */
  readonly host?: string;
  /** Default "off": every caller may do everything. */
  readonly iam?: IamMode;
  /** Gets a line for each refusal, failure and change of a process. Default: nobody. */
  readonly log?: (line: string) => void;
  /** How long a container without a probe of its own may take to listen. Default a minute; Google gives four. */
  readonly startupMs?: number;
  /** Makes the APIs to serve. Default: all of them. */
  readonly services?: (context: CloudContext) => readonly CloudService[];
  readonly now?: () => Date;
};

export type LocalCloud = {
  readonly url: string;
  readonly port: number;
  /** Ends every process that it started and gives the folder back. May be called again. */
  readonly stop: () => Promise<void>;
  /** Resolves once it has stopped, also when a client asked it to. */
  readonly stopped: Promise<void>;
};

type Options = Required<Omit<LocalCloudOptions, "dataDir" | "startupMs">> & { readonly dataDir: string };

type Runtime = {
  readonly store: Store;
  /** Known once it listens. */
  readonly port: () => number;
  readonly signal: AbortSignal;
  readonly requestStop: () => void;
};

type Assembly = {
  readonly services: readonly CloudService[];
  readonly adapter: Adapter;
  readonly hostHandlers: readonly HostHandler[];
};

const openState = (dataDir: string): Store => {
  try {
    return openStore(join(dataDir, "state.db"));
  } catch (error) {
    throw new LocalCloudError("data-dir-unusable", `cannot open the state in ${dataDir}: ${(error as Error).message}`, {
      subject: dataDir,
      hint: "move the folder away to start afresh (what is deployed in it is lost)",
      cause: error,
    });
  }
};

const assemble = (options: Options, { store, port, signal, requestStop }: Runtime): Assembly => {
  const { dataDir, host, iam, log, now } = options;
  const faults = createFaults();
  const counters = createCounters();
  const services: CloudService[] = [];
  const authorizers = () => services.flatMap(({ authorizer }) => authorizer ?? []);
  const authorization = createAuthorization(iam, authorizers, store.collection<PermissionUse>("iam.uses"));
  const { authorize, allows } = authorization;
  const dispatch: CloudContext["dispatch"] = (request) => adapter.dispatch(request);
  const context = {
    dataDir,
    store,
    port,
    now,
    log,
    authorize,
    allows,
    dispatch,
    takeFault: faults.takeService,
    signal,
  };
  services.push(...options.services(context));
  const control = createControlService({
    ...{ dataDir, port, now, faults, counters, authorization, requestStop },
    startedAt: now(),
    services: () => services,
  });
  const router = createRouter([control, ...services]);
  const adapter = createAdapter({ router, faults, counters, authorization, log, listensOn: host });
  return {
    services,
    adapter,
    hostHandlers: services.flatMap(({ hostHandler }) => hostHandler ?? []),
  };
};

/** What must be undone, last thing first; one failure keeps none of the others from it. */
const createCleanup = (log: (line: string) => void) => {
  const steps: (() => unknown)[] = [];
  const run = async (): Promise<void> => {
    for (const step of steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        log(`while stopping: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
  };
  return { add: (step: () => unknown): number => steps.push(step), run };
};

type Cleanup = ReturnType<typeof createCleanup>;

/** How clients on this machine reach it. */
const urlOf = (host: string, port: number): string => {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
};

const bringUp = async (options: Options, cleanup: Cleanup, requestStop: () => void) => {
  const { dataDir, host, now } = options;
  cleanup.add(lockDataDir(dataDir));
  const store = openState(dataDir);
  cleanup.add(() => store.close());
  const stopping = new AbortController();
  let listening = 0;
  const assembly = assemble(options, { store, port: () => listening, signal: stopping.signal, requestStop });
  cleanup.add(() => Promise.all(assembly.services.map((service) => service.stop?.())));
  const ownUrl = () => urlOf(host, listening);
  const tunnels = createTunnels({ dataDir, services: assembly.services, url: ownUrl, log: options.log });
  const server = await startHttpServer({ ...options, ...assembly, tunnels });
  listening = server.port;
  cleanup.add(() => server.stop());
  cleanup.add(() => stopping.abort());
  await Promise.all(assembly.services.map((service) => service.start?.()));
  const url = ownUrl();
  writeServerInfo(dataDir, { pid: process.pid, port: server.port, url, startedAt: now().toISOString() });
  return { url, port: server.port };
};

/**
 * Starts a local cloud; resolves when it serves, and what its state says should run has been started. Throws
 * LocalCloudError (`data-dir-locked`, `port-in-use`, …) and leaves nothing behind.
 */
export const startLocalCloud = async ({ startupMs, ...given }: LocalCloudOptions): Promise<LocalCloud> => {
  const options: Options = {
    ...{ port: 0, host: "127.0.0.1", iam: "off" as const, log: () => {}, now: () => new Date() },
    services: (context) => createServices(context, startupMs === undefined ? {} : { startupMs }),
    ...given,
    dataDir: resolve(given.dataDir),
  };
  const cleanup = createCleanup(options.log);
  const { promise: stopped, resolve: markStopped } = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= cleanup.run().then(markStopped);
    return stopping;
  };
  try {
    return { ...(await bringUp(options, cleanup, () => void stop())), stop, stopped };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
};
