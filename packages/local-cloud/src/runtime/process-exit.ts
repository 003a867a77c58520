// Pure. How a process ended, in the two forms that Node and a shell tell it.
import { constants } from "node:os";

/** A sandbox reports a signal of its child as 128 and the signal's number. */
export function parseExit(
  code: number | null,
  signal: NodeJS.Signals | null,
): { code: number | undefined; signal: NodeJS.Signals | undefined } {
  if (signal !== null) return { code: undefined, signal };
  const name = code !== null && code > 128 ? signalName(code - 128) : undefined;
  return name === undefined ? { code: code ?? undefined, signal: undefined } : { code: undefined, signal: name };
}

const signalName = (number: number): NodeJS.Signals | undefined =>
  (Object.entries(constants.signals) as [NodeJS.Signals, number][]).find(([, value]) => value === number)?.[0];
