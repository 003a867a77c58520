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

/** Whole minutes in full: `45 min`, `3 h`, `1 h 15 min`. */
export const formatMinutes = (minutes: number, units: Units): string => {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const written = [
    ...(hours > 0 ? [`${hours}\u00a0${units.hour}`] : []),
    ...(rest > 0 || hours === 0 ? [`${rest}\u00a0${units.minute}`] : []),
  ];
  return written.join("\u00a0");
};

export type Formats = {
  /** `84 ms`, `0.4 ms`, `1.25 s`. */
  readonly latency: (ms: number) => string;
  /** `14:03:09`; with the day where it is not that of `today`. */
  readonly time: (date: number, today: number) => string;
  /** `14:03`, for an axis. */
  readonly clock: (date: number) => string;
  /** Of `2026-08-22`: `Aug 22`. */
  readonly day: (day: string) => string;
  /** Of 0.9996: `99.96%`. */
  readonly percent: (part: number) => string;
};

/** One set for a language: making a formatter costs more than all that it will format. */
export const createFormats = (language: Language, units: Units): Formats => {
  const number = (maximumFractionDigits: number) => new Intl.NumberFormat(language, { maximumFractionDigits });
  const [whole, oneDigit, twoDigits] = [number(0), number(1), number(2)];
  const minutes = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const seconds = { ...minutes, second: "2-digit" } as const;
  const clock = new Intl.DateTimeFormat(language, minutes);
  const time = new Intl.DateTimeFormat(language, seconds);
  const dayAndTime = new Intl.DateTimeFormat(language, { ...seconds, day: "numeric", month: "short" });
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
  const isSameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString();
  return {
    latency: (ms) => {
      if (ms >= second) return `${twoDigits.format(ms / second)}\u00a0${units.second}`;
      return `${(ms < 1 ? oneDigit : whole).format(ms)}\u00a0${units.ms}`;
    },
    time: (date, today) => (isSameDay(date, today) ? time : dayAndTime).format(date),
    clock: (date) => clock.format(date),
    day: (written) => day.format(Date.parse(written)),
    percent: (part) => percent.format(part),
  };
};

/** A name that the service chose: only the table's own entries are translated. */
export const componentLabel = (names: Readonly<Record<string, string>>, name: string): string =>
  (Object.hasOwn(names, name) ? names[name] : undefined) ?? name;
