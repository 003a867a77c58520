// How a command tells its story: lines on stderr for people (with a moving progress line on a terminal), or one
// versioned event a line on stdout for programs.
import { styleText } from "node:util";
import type { DeployEvent } from "@slipway/deploy-sdk";
import { errorLines, type PresentedError } from "./error.mts";
import { changeLines, formatBytes, formatDuration, resultLine } from "./format.mts";

export type Presenter = {
  readonly event: (event: DeployEvent) => void;
  readonly line: (text: string) => void;
  readonly error: (error: PresentedError) => void;
  /** The command's result: on stdout, as text or as JSON. */
  readonly result: (value: unknown, text: () => string) => void;
  readonly end: () => void;
};

export type Output = {
  readonly stdout: { readonly write: (text: string) => unknown };
  readonly stderr: { readonly write: (text: string) => unknown; readonly isTTY?: boolean; readonly columns?: number };
};

type Color = Parameters<typeof styleText>[0];
const colors: Readonly<Record<string, Color>> = {
  "+": "green",
  "~": "yellow",
  "±": "yellow",
  "-": "red",
  "✓": "green",
  "✗": "red",
  "=": "gray",
  error: "red",
  warn: "yellow",
  fix: "cyan",
};

/** Colours a line by its first word, on a terminal that wants colour (NO_COLOR is honoured by styleText's stream check). */
const paintLine = (line: string): string => {
  const color = colors[/^\s*(\S+)/.exec(line)?.[1] ?? ""];
  return color ? styleText(color, line, { validateStream: false }) : line;
};

const paint = (text: string, on: boolean): string => (on ? text.split("\n").map(paintLine).join("\n") : text);

export function createPresenter(
  output: Output,
  options: { readonly json: boolean; readonly color: boolean; readonly now: () => number },
): Presenter {
  return options.json ? createJsonPresenter(output, options) : createTextPresenter(output, options);
}

function createJsonPresenter({ stdout }: Output, { now }: { readonly now: () => number }): Presenter {
  const write = (value: object): void => void stdout.write(`${JSON.stringify({ version: 1, ...value })}\n`);
  const isDue = createPace(now, 500);
  return {
    event: (event) => {
      if (event.type === "unit-done") write({ type: event.type, ...serialiseResult(event.result) });
      else if (event.type !== "progress" || isDue(event)) write(event);
    },
    line: () => {},
    error: (error) => write({ type: "error", ...error }),
    result: (value) => write({ type: "result", result: value }),
    end: () => {},
  };
}

/** An Error loses its fields in JSON: its data are named. */
function serialiseResult(result: Extract<DeployEvent, { type: "unit-done" }>["result"]): object {
  if (result.status !== "failed") return result;
  const { code, subject, message, hint, details } = result.error;
  return { ...result, error: { code, subject, message, hint, details } };
}

function createTextPresenter(
  { stdout, stderr }: Output,
  { color, now }: { readonly color: boolean; readonly now: () => number },
): Presenter {
  const progress = createProgress(stderr, now);
  const line = (text: string): void => {
    progress.clear();
    stderr.write(`${paint(text, color)}\n`);
  };
  return {
    line,
    event: (event) => {
      if (event.type === "progress") progress.update(event);
      else for (const text of eventLines(event)) line(text);
    },
    error: (error) => {
      for (const text of errorLines(error)) line(text);
    },
    result: (_value, text) => {
      progress.clear();
      const rendered = text();
      if (rendered) stdout.write(`${rendered}\n`);
    },
    end: progress.clear,
  };
}

function eventLines(event: Exclude<DeployEvent, { type: "progress" }>): readonly string[] {
  switch (event.type) {
    case "plan":
      return [`${event.unit}:`, ...event.changes.flatMap(changeLines)];
    case "unit-start":
      return [`▸ ${event.unit}  ${event.kind}`];
    case "log":
      return [`  ${event.unit} | ${event.line}`];
    case "step":
      return [`  ${event.unit}  ${event.message}`];
    case "warning":
      return [
        `warn   ${event.unit ? `${event.unit}: ` : ""}${event.message}`,
        ...(event.hint ? [`  fix  ${event.hint}`] : []),
      ];
    case "unit-done":
      return [resultLine(event.result)];
  }
}

type ProgressEvent = Extract<DeployEvent, { type: "progress" }>;

const isFinished = ({ done, total }: ProgressEvent): boolean => total > 0 && done >= total;

/** Is it time to tell of this again? Each kind of progress has a time of its own; its first and its last are told. */
function createPace(now: () => number, everyMs: number): (event: ProgressEvent) => boolean {
  const toldAt = new Map<string, number>();
  return (event) => {
    const key = `${event.unit} ${event.label}`;
    const last = toldAt.get(key) ?? Number.NEGATIVE_INFINITY;
    if (!isFinished(event) && now() - last < everyMs) return false;
    toldAt.set(key, now());
    return true;
  };
}

/** On a terminal one line that is rewritten ten times a second at most; elsewhere a line a tenth of the way. */
function createProgress(
  stderr: Output["stderr"],
  now: () => number,
): { update: (event: ProgressEvent) => void; clear: () => void } {
  let shown = false;
  const isDue = createPace(now, 100);
  const started = new Map<string, { at: number; tenth: number }>();
  const clear = (): void => {
    if (shown) stderr.write("\r\u001b[2K");
    shown = false;
  };
  const update = (event: ProgressEvent): void => {
    const key = `${event.unit} ${event.label}`;
    const start = started.get(key) ?? { at: now(), tenth: -1 };
    started.set(key, start);
    const elapsedMs = now() - start.at;
    if (stderr.isTTY) {
      if (!isDue(event)) return;
      // A pseudo-terminal that nobody has given a size says that it has 0 columns.
      stderr.write(`\r\u001b[2K${progressText(event, elapsedMs).slice(0, (stderr.columns || 80) - 1)}`);
      shown = true;
      if (isFinished(event)) started.delete(key);
      return;
    }
    const tenth = event.total === 0 ? 0 : Math.floor((10 * event.done) / event.total);
    if (tenth <= start.tenth || (!isFinished(event) && elapsedMs <= 1000)) return;
    stderr.write(`${progressText(event, elapsedMs)}\n`);
    started.set(key, { at: start.at, tenth });
  };
  return { update, clear };
}

/** `  frontend  uploading  120/2000 files  3.1/45.8 MB  12.0 MB/s  4 s left` */
export function progressText(event: ProgressEvent, elapsedMs: number): string {
  const { unit, label, done, total, bytesDone, bytesTotal } = event;
  const parts = [`  ${unit}`, label, total === 0 ? `${done}` : `${done}/${total}`];
  const measured = bytesDone !== undefined && bytesTotal !== undefined && bytesTotal > 0;
  if (measured) parts.push(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
  if (elapsedMs > 500 && done > 0 && done < total) {
    if (measured) parts.push(`${formatBytes((1000 * bytesDone) / elapsedMs)}/s`);
    const share = measured ? bytesDone / bytesTotal : done / total;
    if (share > 0) parts.push(`${formatDuration(elapsedMs / share - elapsedMs)} left`);
  }
  return parts.join("  ");
}
