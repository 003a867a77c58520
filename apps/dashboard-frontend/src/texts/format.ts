// Pure. Numbers and dates as the reader's language writes them.
import type { Language, Units } from "./texts.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const steps = [
  ["day", day, 2 * day],
  ["hour", hour, hour],
  ["minute", minute, minute],
  ["second", second, 0],
] as const;

/** One unit, rounded down, at least a second: `1 s`, `8 s`, `59 min`, `47 h`, `2 d`. */
export const formatDuration = (ms: number, units: Units): string => {
  const [unit, size] = steps.find(([, , from]) => ms >= from) ?? steps[3];
  return `${Math.floor(Math.max(second, ms) / size)}\u00a0${units[unit]}`;
};

/** `84 ms`, `0.4 ms`, `1.25 s`. */
export const formatLatency = (ms: number, units: Units, language: Language): string => {
  const [value, unit] = ms < 1_000 ? [ms, units.ms] : [ms / second, units.second];
  const maximumFractionDigits = ms < 1 ? 1 : ms < 1_000 ? 0 : 2;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits }).format(value)}\u00a0${unit}`;
};

/** `14:03:09`; with the day where it is not `today`'s. */
export const formatTime = (date: number, language: Language, today: number): string => {
  const isToday = new Date(date).toDateString() === new Date(today).toDateString();
  const options: Intl.DateTimeFormatOptions = {
    ...(!isToday && { day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  };
  return new Intl.DateTimeFormat(language, options).format(date);
};

/** `14:03`, for an axis. */
export const formatClock = (date: number, language: Language): string =>
  new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);

/** A name that the service chose: only the table's own entries are translated. */
export const componentLabel = (names: Readonly<Record<string, string>>, name: string): string =>
  (Object.hasOwn(names, name) ? names[name] : undefined) ?? name;
