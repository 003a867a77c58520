// Pure. What Cloud Run fills in where a template says nothing, so that a resource reads back whole.
// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#RevisionTemplate
import type {
  Container,
  ExecutionTemplate,
  Probe,
  RevisionTemplate,
  TaskTemplate,
  WorkerPoolTemplate,
} from "./model.ts";
import { parseCpu } from "./quantity.ts";
import { defaultServiceAccount } from "./resource-names.ts";

const defaultPort = 8080;
const defaultLimits = { cpu: "1000m", memory: "512Mi" };
const defaultMaxInstances = 100;

/** Port that a service's container is told, on Google: what listens for real is another one on this machine. */
export const containerPort = ({ ports = [] }: Container): number => ports[0]?.containerPort ?? defaultPort;

/** TCP, once, for four minutes: https://cloud.google.com/run/docs/configuring/healthchecks#tcp-startup-probe */
const defaultStartupProbe = (port: number): Probe => ({
  timeoutSeconds: 240,
  periodSeconds: 240,
  failureThreshold: 1,
  tcpSocket: { port },
});

/** Nobody asked for this probe: it is the one that every service has. */
export function isDefaultStartupProbe(probe: Probe | undefined): boolean {
  if (probe === undefined) return true;
  return probe.tcpSocket !== undefined && probe.periodSeconds === 240 && probe.timeoutSeconds === 240;
}

const fillProbe = (probe: Probe, port: number): Probe => {
  const times = { timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3, ...probe };
  if (probe.httpGet) return { ...times, httpGet: { path: "/", port, ...probe.httpGet } };
  if (probe.grpc) return { ...times, grpc: { port, ...probe.grpc } };
  return { ...times, tcpSocket: { port, ...probe.tcpSocket } };
};

/** Where resources are given, what they do not say of the processor is off. */
const fillResources = ({ resources }: Container): NonNullable<Container["resources"]> => ({
  cpuIdle: resources ? (resources.cpuIdle ?? false) : true,
  startupCpuBoost: resources ? (resources.startupCpuBoost ?? false) : true,
  limits: { ...defaultLimits, ...resources?.limits },
});

const fillServiceContainer = (container: Container, name: string): Container => {
  const port = containerPort(container);
  const { startupProbe, livenessProbe } = container;
  return {
    ...container,
    name: container.name ?? name,
    ports: [{ name: "http1", ...container.ports?.[0], containerPort: port }],
    resources: fillResources(container),
    startupProbe: startupProbe ? fillProbe(startupProbe, port) : defaultStartupProbe(port),
    ...(livenessProbe && { livenessProbe: fillProbe(livenessProbe, port) }),
  };
};

const fillPlainContainer = (container: Container, name: string): Container => ({
  ...container,
  name: container.name ?? name,
  resources: { ...container.resources, limits: { ...defaultLimits, ...container.resources?.limits } },
  ...(container.startupProbe && { startupProbe: fillProbe(container.startupProbe, defaultPort) }),
  ...(container.livenessProbe && { livenessProbe: fillProbe(container.livenessProbe, defaultPort) }),
});

/** Cloud Run's own names for containers that have none. */
const containerName = (index: number): string => `placeholder-${index + 1}`;

/** 80, or 1 for less than one processor. */
const defaultConcurrency = ({ containers = [] }: RevisionTemplate): number =>
  (parseCpu(containers[0]?.resources?.limits?.["cpu"] ?? "1") ?? 1) < 1 ? 1 : 80;

export const fillRevisionTemplate = (template: RevisionTemplate, project: string): RevisionTemplate => ({
  ...template,
  scaling: { maxInstanceCount: defaultMaxInstances, ...template.scaling },
  timeout: template.timeout ?? "300s",
  serviceAccount: template.serviceAccount || defaultServiceAccount(project),
  maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency || defaultConcurrency(template),
  containers: (template.containers ?? []).map((container, index) =>
    fillServiceContainer(container, containerName(index)),
  ),
});

export const fillWorkerPoolTemplate = (template: WorkerPoolTemplate, project: string): WorkerPoolTemplate => ({
  ...template,
  serviceAccount: template.serviceAccount || defaultServiceAccount(project),
  containers: (template.containers ?? []).map((container, index) =>
    fillPlainContainer(container, containerName(index)),
  ),
});

const fillTaskTemplate = (template: TaskTemplate, project: string): TaskTemplate => ({
  ...template,
  // Three, unless said otherwise: a failing task runs four times.
  maxRetries: template.maxRetries ?? 3,
  timeout: template.timeout ?? "600s",
  serviceAccount: template.serviceAccount || defaultServiceAccount(project),
  containers: (template.containers ?? []).map((container, index) =>
    fillPlainContainer(container, containerName(index)),
  ),
});

export const fillExecutionTemplate = (template: ExecutionTemplate, project: string): ExecutionTemplate => ({
  ...template,
  taskCount: template.taskCount || 1,
  template: fillTaskTemplate(template.template ?? {}, project),
});
