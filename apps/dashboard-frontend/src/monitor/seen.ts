// Pure. Incidents and deployments as a browser keeps them: dates only, for a monotonic clock ends with its page.
import {
  type Condition,
  type Deployment,
  type Incident,
  type Monitor,
  maxDeployments,
  maxIncidents,
} from "./monitor.ts";

export type Seen = Pick<Monitor, "incidents" | "deployments">;

/** One moment on both of a page's clocks. */
export type Clocks = { readonly at: number; readonly date: number };

/** The longest that two checks are apart. An incident that was open no longer ago is taken for the same one. */
export const resumeMs = 300_000;

/** `date` is when this was seen: an incident that lasts has lasted until then. */
export const formatSeen = ({ incidents, deployments }: Seen, date: number): string =>
  JSON.stringify({
    date,
    incidents: incidents.map(({ condition, startedDate, endedDate }) => ({ condition, startedDate, endedDate })),
    deployments: deployments.map(({ id, version, commit, firstSeenDate }) => ({ id, version, commit, firstSeenDate })),
  });

type Fields = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<Exclude<Condition["kind"], "ok" | "offline">, true>> = {
  degraded: true,
  down: true,
  unreadable: true,
  unreachable: true,
  cors: true,
  timeout: true,
};
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

const parseCondition = ({ kind, names, httpStatus }: Fields): Condition | undefined => {
  if (typeof kind !== "string" || !Object.hasOwn(kinds, kind)) return undefined;
  if (kind === "degraded" || kind === "down") return isTexts(names) ? { kind, names } : undefined;
  if (kind === "unreadable") return { kind, ...(typeof httpStatus === "number" && { httpStatus }) };
  return { kind: kind as "unreachable" | "cors" | "timeout" };
};

const parseIncident = (written: Fields, seenDate: number, now: Clocks): Incident[] => {
  const condition = parseCondition(Object(written["condition"]));
  const { startedDate, endedDate } = written;
  if (condition === undefined || typeof startedDate !== "number") return [];
  const end = typeof endedDate === "number" ? endedDate : now.date - seenDate > resumeMs ? seenDate : undefined;
  const atOf = (date: number) => now.at + date - now.date;
  const ended = end !== undefined && { endedAt: atOf(end), endedDate: end };
  return [{ condition, startedAt: atOf(startedDate), startedDate, ...ended }];
};

const parseDeployment = ({ id, version, commit, firstSeenDate }: Fields, now: Clocks): Deployment[] => {
  if (typeof id !== "string" || typeof firstSeenDate !== "number") return [];
  const about = { ...(typeof version === "string" && { version }), ...(typeof commit === "string" && { commit }) };
  return [{ id, ...about, firstSeenAt: now.at + firstSeenDate - now.date, firstSeenDate }];
};

const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(Object) : []);

/** Never throws: what cannot be read is as if it were not there. */
export const parseSeen = (stored: string | null, now: Clocks): Seen => {
  let value: Fields;
  try {
    value = Object(JSON.parse(stored ?? "{}"));
  } catch {
    value = {};
  }
  const seenDate = typeof value["date"] === "number" ? value["date"] : 0;
  return {
    incidents: listOf(value["incidents"]).flatMap((one) => parseIncident(one, seenDate, now)),
    deployments: listOf(value["deployments"]).flatMap((one) => parseDeployment(one, now)),
  };
};

/** Adds what this browser saw before this page's last check, or while this page did not look. */
export const withSeen = (monitor: Monitor, found: Seen): Monitor => {
  const lastAt = monitor.last?.at ?? Number.NEGATIVE_INFINITY;
  const own = monitor.incidents;
  const isNew = ({ startedAt, startedDate }: Incident) =>
    startedAt > lastAt && !own.some((known) => known.startedDate === startedDate);
  const incidents = found.incidents.filter(isNew);
  const deployments = found.deployments.filter(({ id }) => !monitor.deployments.some((known) => known.id === id));
  const earliest = incidents.at(-1);
  if (!earliest && deployments.length === 0) return monitor;
  const end = earliest && { endedAt: earliest.startedAt, endedDate: earliest.startedDate };
  return {
    ...monitor,
    // What lasted here had ended by then.
    incidents: [...incidents, ...own.map((known) => ({ ...end, ...known }))].slice(0, maxIncidents),
    deployments: [...monitor.deployments, ...deployments]
      .sort((a, b) => b.firstSeenDate - a.firstSeenDate)
      .slice(0, maxDeployments),
  };
};
