// Pure. What this browser has seen of the service, minute by minute, for 90 days.
//
// A minute is as bad as the worst check in it; a minute without a check is as the check before it, unless that one was
// stale by then. Checks are not counted: they come every 5 s after a change and every 300 s in a long outage, which would
// be made small by that. And a minute that two tabs have seen is one minute: to merge is to take the worse, in any order.
import type { Condition } from "./monitor.ts";
import type { Tone } from "./view.ts";

/** `0` not seen, `1` well, `2` degraded, `3` unavailable: the higher, the worse. */
type MinuteState = "0" | "1" | "2" | "3";

/**
 * The uptime rule, here only. Up is what a readable report calls well or degraded. All else is not, whoever is to blame: the
 * reader could not use the service. When the reader's own network is gone nothing is seen.
 */
const stateOf: Readonly<Record<Condition["kind"], MinuteState>> = {
  ok: "1",
  degraded: "2",
  down: "3",
  unreachable: "3",
  timeout: "3",
  cors: "3",
  unreadable: "3",
  offline: "0",
};

/** By day of the reader's calendar (`2026-08-22`), the states of its 1,440 minutes. */
export type History = Readonly<Record<string, string>>;

export const emptyHistory: History = {};

export const daysKept = 90;

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const unseenDay = "0".repeat(1_440);

/** The reader's own time as ISO 8601 writes UTC: `2026-08-22T14:03:09.000Z`. */
const localTime = (date: number): string =>
  new Date(date - new Date(date).getTimezoneOffset() * minuteMs).toISOString();

export const dayOf = (date: number): string => localTime(date).slice(0, 10);

const addDays = (day: string, count: number): string =>
  new Date(Date.parse(day) + count * dayMs).toISOString().slice(0, 10);

const withMinute = (history: History, date: number, state: MinuteState): History => {
  const time = localTime(date);
  const day = time.slice(0, 10);
  const minute = Number(time.slice(11, 13)) * 60 + Number(time.slice(14, 16));
  const before = history[day] ?? unseenDay;
  if (before.charAt(minute) >= state) return history;
  return { ...history, [day]: before.slice(0, minute) + state + before.slice(minute + 1) };
};

export type SeenCheck = {
  readonly condition: Condition["kind"];
  /** The wall clock when it was answered, or given up. */
  readonly date: number;
  /** The check before it, where that was not stale yet, and how long ago it was. */
  readonly before?: { readonly condition: Condition["kind"]; readonly agoMs: number };
};

/** The same history when the check says nothing new. */
export const withCheck = (history: History, { condition, date, before }: SeenCheck): History => {
  const minute = Math.floor(date / minuteMs);
  let seen = history;
  if (before) {
    const first = Math.floor((date - before.agoMs) / minuteMs) + 1;
    for (let held = first; held < minute; held++) seen = withMinute(seen, held * minuteMs, stateOf[before.condition]);
  }
  return withMinute(seen, date, stateOf[condition]);
};

const worse = (a: string, b: string): string => {
  if (a > b) return a;
  return b;
};

const mergeDays = (a: string, b: string): string =>
  a === b ? a : Array.from(a, (state, minute) => worse(state, b.charAt(minute))).join("");

/** `a` itself when `b` adds nothing. */
export const mergeHistories = (a: History, b: History): History => {
  const merged = Object.entries(b).map(([day, minutes]) => [day, mergeDays(a[day] ?? unseenDay, minutes)] as const);
  const added = merged.filter(([day, minutes]) => a[day] !== minutes);
  return added.length === 0 ? a : { ...a, ...Object.fromEntries(added) };
};

/** The last 90 days, and tomorrow: today may be yesterday again for who travels west. The same history when all are. */
export const pruneHistory = (history: History, today: string): History => {
  const [first, last] = [addDays(today, 1 - daysKept), addDays(today, 1)];
  const days = Object.entries(history);
  const kept = days.filter(([day]) => day >= first && day <= last);
  return kept.length === days.length ? history : Object.fromEntries(kept);
};

export type DaySummary = {
  readonly day: string;
  readonly tone: Tone;
  readonly seenMinutes: number;
  readonly degradedMinutes: number;
  readonly unavailableMinutes: number;
};

/** Part of the minutes seen in which the service was up, rounded down to a hundredth of a percent; absent when none was seen. */
export const uptimeOf = (days: readonly DaySummary[]): number | undefined => {
  const seen = days.reduce((sum, { seenMinutes }) => sum + seenMinutes, 0);
  const unavailable = days.reduce((sum, { unavailableMinutes }) => sum + unavailableMinutes, 0);
  return seen === 0 ? undefined : Math.floor(((seen - unavailable) * 10_000) / seen) / 10_000;
};

/** A day is bad from one unavailable minute in twenty; one without any trouble is good; one without data is neither. */
const toneOf = (seen: number, degraded: number, unavailable: number): Tone => {
  if (seen === 0) return "unknown";
  if (unavailable * 20 >= seen) return "down";
  return unavailable + degraded > 0 ? "warn" : "ok";
};

const summaryOf = (day: string, minutes: string): DaySummary => {
  const count = (state: MinuteState) => minutes.split(state).length - 1;
  const [degradedMinutes, unavailableMinutes] = [count("2"), count("3")];
  const seenMinutes = count("1") + degradedMinutes + unavailableMinutes;
  const tone = toneOf(seenMinutes, degradedMinutes, unavailableMinutes);
  return { day, tone, seenMinutes, degradedMinutes, unavailableMinutes };
};

/** `count` days up to `today`, those without data too. */
export const lastDays = (history: History, today: string, count: number): readonly DaySummary[] =>
  Array.from({ length: count }, (_, index) => {
    const day = addDays(today, index + 1 - count);
    return summaryOf(day, history[day] ?? unseenDay);
  });

/** Runs of a state: `0*540 1*900`. */
const encodeDay = (minutes: string): string =>
  (minutes.match(/(.)\1*/g) ?? []).map((run) => `${run.charAt(0)}*${run.length}`).join(" ");

const decodeDay = (written: unknown): string | undefined => {
  if (typeof written !== "string" || written.length > 4 * unseenDay.length) return undefined;
  const minutes = written.replace(/([0-3])\*(\d{1,4}) ?/g, (_, state: string, length) => state.repeat(Number(length)));
  return /^[0-3]{1440}$/.test(minutes) ? minutes : undefined;
};

const isDay = (key: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(key) && !Number.isNaN(Date.parse(key)) && addDays(key, 0) === key;

/** Never throws: a day that cannot be read is as if it were not there, and so is all when nothing can be. */
export const parseHistory = (stored: string | null): History => {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? "{}");
  } catch {
    return emptyHistory;
  }
  const days = Object.entries(Object(value) as Record<string, unknown>);
  return Object.fromEntries(
    days.flatMap(([day, written]) => {
      const minutes = isDay(day) ? decodeDay(written) : undefined;
      return minutes === undefined ? [] : [[day, minutes]];
    }),
  );
};

export const formatHistory = (history: History): string =>
  JSON.stringify(Object.fromEntries(Object.entries(history).map(([day, minutes]) => [day, encodeDay(minutes)])));
