import type { ConfigProblem } from "../config/load-config.ts";
import type { Condition } from "../monitor/monitor.ts";
import { en } from "./en.ts";
import { ru } from "./ru.ts";

export type Language = "en" | "ru";

/**
 * A sentence in two parts: `headline` is announced when it changes; `age` says how long ago and ticks beside it, unannounced.
 */
export type Sentence = { readonly headline: string; readonly age?: string };

/** Units follow a number and a no-break space. */
export type Units = Readonly<Record<"ms" | "second" | "minute" | "hour" | "day", string>>;

export type Texts = {
  readonly units: Units;
  readonly title: string;
  readonly skip: string;
  readonly environment: string;
  readonly language: string;
  readonly theme: string;
  readonly themes: Readonly<Record<"auto" | "light" | "dark", string>>;
  readonly checkNow: string;
  readonly currentState: string;
  /** `age` is a duration ("8 s"), absent before the first readable report. */
  readonly sentence: (condition: Condition | { kind: "loading" | "stale" }, age: string | undefined) => Sentence;
  readonly updated: (age: string) => string;
  readonly updatedNow: string;
  readonly nextIn: (delay: string) => string;
  readonly checking: string;
  readonly lastKnown: (age: string) => string;
  readonly facts: Readonly<Record<"revision" | "version" | "release" | "commit" | "p95" | "incident", string>>;
  readonly noIncident: string;
  readonly ago: (age: string) => string;
  readonly ongoing: string;
  readonly unnamed: string;
  readonly components: string;
  /** Names of components that most backends have; others are shown as they are. */
  readonly componentNames: Readonly<Record<string, string>>;
  readonly noComponents: string;
  readonly optional: string;
  readonly chips: Readonly<Record<"pass" | "warn" | "fail" | "unknown", string>>;
  readonly latency: string;
  readonly latencyNote: string;
  readonly asTable: string;
  readonly asChart: string;
  readonly chartSummary: (values: { count: number; failed: number; p50: string; p95: string }) => string;
  readonly table: Readonly<Record<"time" | "latency" | "state", string>>;
  readonly conditions: Readonly<Record<Condition["kind"], string>>;
  readonly deployed: (id: string) => string;
  readonly history: (days: number) => string;
  readonly uptime: (percent: string) => string;
  /** The name of a day; `percent` is absent where there is no data. */
  readonly dayUptime: (day: string, percent: string | undefined) => string;
  /** How long it was seen, unavailable and degraded; absent where it was not. */
  readonly daySeen: (seen: string, unavailable: string | undefined, degraded: string | undefined) => string;
  readonly earlierDay: string;
  readonly laterDay: string;
  readonly historyNote: string;
  readonly historyNotKept: string;
  readonly noHistory: string;
  readonly incidents: string;
  readonly noIncidents: string;
  readonly incident: (condition: Condition) => string;
  readonly since: (time: string) => string;
  readonly deployments: string;
  readonly noDeployments: string;
  readonly deploymentStates: Readonly<Record<"current" | "earlier", string>>;
  readonly firstSeen: (time: string) => string;
  readonly config: (problem: ConfigProblem) => { readonly headline: string; readonly explanation: string };
  readonly configExpected: string;
  readonly keyboard: string;
  readonly keys: Readonly<Record<"check" | "help", string>>;
  readonly keysEnabled: string;
  readonly close: string;
  readonly about: string;
};

export const textsOf = (language: Language): Texts => (language === "ru" ? ru : en);

export const isLanguage = (value: unknown): value is Language => value === "en" || value === "ru";
