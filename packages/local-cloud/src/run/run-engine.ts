// Cloud Run put together: state, instances, and who changes what. The façades and the ingress are built on this.
import { join } from "node:path";
import type { Policies } from "../iam/policies.ts";
import type { DriverName } from "../runtime/choose-driver.ts";
import { type ContainerRuntime, createContainerRuntime } from "../runtime/container-runtime.ts";
import { createPortPool } from "../runtime/free-port.ts";
import type { ImageSource } from "../runtime/image-source.ts";
import type { LogStore } from "../runtime/log-store.ts";
import type { SecretSource } from "../runtime/secret-source.ts";
import type { SqlSockets } from "../runtime/sql-sockets.ts";
import type { CloudContext } from "../server/types.ts";
import { ExecutionRunner } from "./execution-runner.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { type InstanceSources, startInstance } from "./instance.ts";
import { JobController } from "./job-controller.ts";
import type { Service, WorkerPool } from "./model.ts";
import { Reconciler } from "./reconciler.ts";
import { parseResource } from "./resource-names.ts";
import { RevisionController } from "./revision-controller.ts";
import { createRevisionStarter } from "./revision-starter.ts";
import { RevisionedController } from "./revisioned-controller.ts";
import { openRunState, type RunState } from "./run-state.ts";
import { serviceDefinition } from "./service-definition.ts";
import { serviceKind } from "./service-kind.ts";
import { workerPoolDefinition } from "./worker-pool-definition.ts";
import { workerPoolKind } from "./worker-pool-kind.ts";
import { createWriteGuard } from "./write-guard.ts";

export type RunEngineOptions = {
  readonly images: ImageSource;
  readonly secrets: SecretSource;
  readonly sockets: SqlSockets;
  readonly policies: Policies;
  /** Gets what containers and the platform write. */
  readonly logs: LogStore;
  /** Default: the first that works here. */
  readonly driver?: DriverName;
  /** An idle instance above the minimum is stopped after so long. Default 15 minutes, Google's own maximum. */
  readonly idleMs?: number;
  /**
   * How long a container without a probe of its own may take to listen. Google gives four minutes; the default here is
   * one, since a laptop's user waits for it.
   */
  readonly startupMs?: number;
  /** Time between SIGTERM and SIGKILL. Default 10 s, as on Google. */
  readonly graceMs?: number;
  /** How long a request waits for a busy service. Default 10 s. */
  readonly queueMs?: number;
};

export type RunEngine = {
  readonly state: RunState;
  readonly fleet: Fleet;
  readonly runtime: ContainerRuntime;
  readonly policies: Policies;
  readonly services: RevisionedController<Service>;
  readonly workerPools: RevisionedController<WorkerPool>;
  readonly revisions: RevisionController;
  readonly jobs: JobController;
  /** Called after every change of what a service serves; undefined: it was deleted. */
  readonly onServiceChanged: (listener: (name: string, service: Service | undefined) => void) => void;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const defaultIdleMs = 15 * 60_000;
const defaultStartupMs = 60_000;
/** A worker whose process has lived so long counts as started. */
const settleMs = 500;
const faultCheckMs = 500;
/** An address that only what listens on all interfaces answers at; elsewhere it would need to be set up. */
const instanceHost = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";

export function createRunEngine(context: CloudContext, options: RunEngineOptions): RunEngine {
  const { store, now, log, takeFault, port } = context;
  const { images, secrets, sockets, policies, logs } = options;
  const runtime = createContainerRuntime({
    stateDir: join(context.dataDir, "runtime"),
    ...{ images, logs, now, log },
    ...(options.driver && { driver: options.driver }),
    ...(options.graceMs !== undefined && { graceMs: options.graceMs }),
  });
  const startDelayMs = (owner: string): number => takeFault("slow-start", owner)?.delayMs ?? 0;
  const sources: InstanceSources = {
    ...{ secrets, sockets, runtime, settleMs, host: instanceHost, ports: createPortPool() },
    startupMs: options.startupMs ?? defaultStartupMs,
    startDelayMs: ({ owner }) => startDelayMs(owner.id),
  };
  const fleet = createFleet({
    start: (workload) => startInstance(workload, sources),
    idleMs: options.idleMs ?? defaultIdleMs,
    ...(options.queueMs !== undefined && { queueMs: options.queueMs }),
  });
  const state = openRunState(store);
  const listeners: ((name: string, service: Service | undefined) => void)[] = [];
  const guard = createWriteGuard(context, state.operations);
  const starter = createRevisionStarter({ images, runtime, fleet, secrets, sockets });
  const reconcilerOptions = { state, fleet, starter, now, log };
  const ofServices = serviceKind(state.services, port, (name, service) => {
    for (const listener of listeners) listener(name, service);
  });
  const ofPools = workerPoolKind(state.workerPools);
  const serviceReconciler = new Reconciler(ofServices, reconcilerOptions);
  const poolReconciler = new Reconciler(ofPools, reconcilerOptions);
  const controllerOptions = { store, state, policies, guard, now };
  const runner = new ExecutionRunner({ ...{ state, images, runtime, secrets, sockets, now, log }, startDelayMs });

  const killOnFault = (): void => {
    for (const revision of fleet.revisions()) {
      if (fleet.counts(revision).ready > 0 && takeFault("kill-instance", parseResource(revision).id))
        fleet.killOne(revision);
    }
  };
  let faultTimer: NodeJS.Timeout | undefined;

  return {
    ...{ state, fleet, runtime, policies },
    services: new RevisionedController(
      "services",
      serviceDefinition(ofServices, port),
      serviceReconciler,
      controllerOptions,
    ),
    workerPools: new RevisionedController(
      "workerPools",
      workerPoolDefinition(ofPools),
      poolReconciler,
      controllerOptions,
    ),
    revisions: new RevisionController({
      state,
      now,
      reconcilers: { services: serviceReconciler, workerPools: poolReconciler },
    }),
    jobs: new JobController({ ...controllerOptions, runner }),
    onServiceChanged: (listener) => void listeners.push(listener),
    start: async () => {
      await runtime.open();
      runner.resume();
      serviceReconciler.resume();
      poolReconciler.resume();
      faultTimer = setInterval(killOnFault, faultCheckMs).unref();
    },
    stop: async () => {
      clearInterval(faultTimer);
      serviceReconciler.stop();
      poolReconciler.stop();
      await Promise.all([runner.stop(), fleet.closeAll()]);
      await runtime.close();
    },
  };
}
