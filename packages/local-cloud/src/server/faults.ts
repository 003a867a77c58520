// The faults that are ordered now. Taking one counts it as consumed, so that a test can assert that it struck.
import {
  type Fault,
  type FaultMatch,
  type FaultRule,
  type HttpFault,
  isServiceFault,
  type ServiceFaultSpec,
} from "./fault-rule.ts";
import { GoogleError } from "./google-error.ts";
import type { ServiceFault, ServiceFaultKind } from "./types.ts";

export type FaultCall = {
  /** Of every route that may answer: on loopback some APIs share a path, and which of them has it is found out by asking. */
  readonly rpcs: readonly string[];
  readonly method: string;
  readonly path: string;
  readonly principal: string;
};

export type Faults = {
  readonly add: (rule: Omit<FaultRule, "id" | "consumed">) => FaultRule;
  readonly remove: (id: string) => boolean;
  readonly clear: () => void;
  readonly list: () => readonly FaultRule[];
  /** At most one delay and one other fault a call. */
  readonly takeHttp: (call: FaultCall) => readonly HttpFault[];
  readonly takeService: (kind: ServiceFaultKind, subject: string) => ServiceFault | undefined;
};

type ActiveRule = Omit<FaultRule, "skip" | "consumed"> & { skip: number; consumed: number };

const MAX_RULES = 1_000;

/** `*` in `pattern` stands for any text. Linear: no regular expression is made of what a client sends. */
export const matchesPattern = (pattern: string, text: string): boolean => {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
};

const matchesCall = (match: FaultMatch, call: FaultCall): boolean =>
  (match.rpc === undefined || call.rpcs.includes(match.rpc)) &&
  (match.method === undefined || match.method === call.method) &&
  (match.principal === undefined || match.principal === call.principal) &&
  (match.path === undefined || matchesPattern(match.path, call.path)) &&
  match.subject === undefined;

/** Counts the call against the rule; true if the rule strikes. */
const strikes = (rule: ActiveRule): boolean => {
  if (rule.times !== null && rule.consumed >= rule.times) return false;
  if (rule.skip > 0) {
    rule.skip -= 1;
    return false;
  }
  rule.consumed += 1;
  return true;
};

const isHttpFault = (fault: Fault): fault is HttpFault => !isServiceFault(fault);

export const createFaults = (): Faults => {
  const rules = new Map<string, ActiveRule>();
  let lastId = 0;
  const takeOne = (call: FaultCall, wanted: (fault: HttpFault) => boolean): HttpFault | undefined => {
    for (const rule of rules.values()) {
      const { fault, match } = rule;
      if (isHttpFault(fault) && wanted(fault) && matchesCall(match, call) && strikes(rule)) return fault;
    }
    return undefined;
  };
  return {
    add: (rule) => {
      if (rules.size >= MAX_RULES) throw new GoogleError("RESOURCE_EXHAUSTED", `More than ${MAX_RULES} fault rules.`);
      lastId += 1;
      const added: ActiveRule = { ...rule, id: String(lastId), consumed: 0 };
      rules.set(added.id, added);
      return { ...added };
    },
    remove: (id) => rules.delete(id),
    clear: () => rules.clear(),
    list: () => [...rules.values()].map((rule) => ({ ...rule })),
    takeHttp: (call) => {
      if (rules.size === 0) return [];
      const delay = takeOne(call, ({ kind }) => kind === "latency");
      const other = takeOne(call, ({ kind }) => kind !== "latency");
      return [delay, other].filter((fault) => fault !== undefined);
    },
    takeService: (kind, subject) => {
      for (const rule of rules.values()) {
        const { fault, match } = rule;
        if (fault.kind !== kind || !matchesPattern(match.subject ?? "*", subject) || !strikes(rule)) continue;
        const { delayMs = 0, message = `injected fault: ${kind}` } = fault as ServiceFaultSpec;
        return { kind, delayMs, message };
      }
      return undefined;
    },
  };
};
