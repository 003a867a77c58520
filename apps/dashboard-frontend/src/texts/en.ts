import { componentLabel } from "./format.ts";
import type { Texts } from "./texts.ts";

const list = (names: readonly string[]) => names.map((name) => componentLabel(en.componentNames, name)).join(", ");

const sentence: Texts["sentence"] = (condition, age) => {
  switch (condition.kind) {
    case "loading":
      return { headline: "Checking the service…" };
    case "ok":
      return { headline: "All systems operational" };
    case "degraded":
      return condition.names.length > 0
        ? { headline: `Some components are degraded: ${list(condition.names)}` }
        : { headline: "The service is degraded" };
    case "down":
      return condition.names.length > 0
        ? { headline: `The service is down. ${list(condition.names)} not responding` }
        : { headline: "The service is down" };
    case "unreachable":
      return { headline: "Can't reach the API.", ...(age && { age: `Last known state ${age} ago` }) };
    case "offline":
      return { headline: "You're offline. Checks resume when you reconnect" };
    case "cors":
      return {
        headline:
          "The API answered, but this page can't read the reply. It may be a CORS setting or an error from the platform",
      };
    case "timeout":
      return { headline: "No reply within 5 s" };
    case "unreadable":
      return {
        headline: `The API answered, but not with a health report${condition.httpStatus ? ` (HTTP ${condition.httpStatus})` : ""}`,
      };
    case "stale":
      return { headline: "Data is stale:", ...(age && { age: `updated ${age} ago` }) };
  }
};

export const en: Texts = {
  units: { ms: "ms", second: "s", minute: "min", hour: "h", day: "d" },
  title: "Service status",
  skip: "Skip to content",
  environment: "Environment",
  language: "Language",
  theme: "Theme",
  themes: { auto: "Auto", light: "Light", dark: "Dark" },
  checkNow: "Check now",
  currentState: "Current state",
  sentence,
  updated: (age) => `Updated ${age} ago`,
  updatedNow: "Updated just now",
  nextIn: (delay) => `next in ${delay}`,
  checking: "checking now",
  lastKnown: (age) => `Last known state, ${age} ago`,
  facts: {
    revision: "Revision",
    version: "Version",
    release: "Release",
    commit: "Commit",
    p95: "Latency, p95",
    incident: "Last incident",
  },
  noIncident: "none seen",
  ago: (age) => `${age} ago`,
  ongoing: "ongoing",
  unnamed: "not named",
  components: "Components",
  componentNames: {
    database: "Database",
    redis: "Redis",
    cache: "Cache",
    worker: "Worker",
    queue: "Queue",
    storage: "Storage",
  },
  noComponents: "The API names no components",
  optional: "optional",
  chips: { pass: "Operational", warn: "Degraded", fail: "Down", unknown: "No data" },
  latency: "Latency",
  latencyNote: "As this page measures it, since it was opened",
  asTable: "View as table",
  asChart: "View as chart",
  chartSummary: ({ count, failed, p50, p95 }) =>
    `Latency chart: ${count} checks, ${failed} without an answer, median ${p50}, 95th percentile ${p95}`,
  table: { time: "Time", latency: "Latency", state: "State" },
  conditions: {
    ok: "Operational",
    degraded: "Degraded",
    down: "Down",
    unreadable: "Unreadable reply",
    unreachable: "Unreachable",
    offline: "Offline",
    cors: "Unreadable reply",
    timeout: "No reply",
  },
  deployed: (id) => `Deployed ${id}`,
  history: (days) => `Last ${days} days`,
  uptime: (percent) => `${percent} uptime`,
  dayUptime: (day, percent) => `${day}: ${percent ? `${percent} uptime` : "no data"}`,
  daySeen: (seen, unavailable, degraded) => {
    const bad = [unavailable && `unavailable for ${unavailable}`, degraded && `degraded for ${degraded}`];
    return [`Seen for ${seen}`, ...bad].filter(Boolean).join(", ");
  },
  earlierDay: "Day before",
  laterDay: "Day after",
  historyNote: "What this browser has seen while this page was open. Degraded counts as up, unreachable does not.",
  historyNotKept: "This browser does not let the page keep it: it is gone when this tab closes.",
  noHistory: "No history yet. It builds up while checks run",
  incidents: "Incidents",
  noIncidents: "This browser has seen none",
  incident: (condition) => {
    const names = "names" in condition && condition.names.length > 0 ? `: ${list(condition.names)}` : "";
    return `${en.conditions[condition.kind]}${names}`;
  },
  since: (time) => `since ${time}`,
  deployments: "Deployments",
  noDeployments: "The API does not name its revision",
  deploymentStates: { current: "Current", earlier: "Earlier" },
  firstSeen: (time) => `first seen ${time}`,
  config: (problem) => {
    switch (problem.code) {
      case "missing":
        return {
          headline: "This page has no configuration",
          explanation: "/config.json is missing. A deploy of the frontend writes it: run it again.",
        };
      case "invalid":
        return {
          headline: "This page's configuration is not valid",
          explanation: "/config.json cannot be used. Correct the site's configuration and deploy the frontend again.",
        };
      case "unreachable":
        return {
          headline: "Can't load this page's configuration",
          explanation: `/config.json was not answered${problem.httpStatus ? ` (HTTP ${problem.httpStatus})` : ""}. Check your connection and try again.`,
        };
    }
  },
  configExpected: "It should look like this:",
  keyboard: "Keyboard",
  keys: { check: "Check now", help: "Show these keys" },
  keysEnabled: "Use single-key shortcuts",
  close: "Close",
  about: "Checks run from your browser, every 15 seconds while this tab is visible.",
};
