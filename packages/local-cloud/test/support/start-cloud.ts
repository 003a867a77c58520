import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from "../../src/local-cloud.ts";
import type { CounterReport } from "../../src/server/counters.ts";
import type { FaultRule } from "../../src/server/fault-rule.ts";

/** A folder that is removed when the test, or the suite's `afterAll` that is given, has ended. */
export const createFolder = (onEnd: (cleanup: () => void) => void = onTestFinished): string => {
  const folder = mkdtempSync(join(tmpdir(), "local-cloud-"));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export type JsonAnswer<Value> = { readonly status: number; readonly json: Value };

export type TestCloud = LocalCloud & {
  readonly dataDir: string;
  /** Its own log, line by line. */
  readonly lines: readonly string[];
  /** The answer's JSON is taken to be a `Value`; undefined for an empty body. */
  readonly fetchJson: <Value = unknown>(path: string, init?: RequestInit) => Promise<JsonAnswer<Value>>;
  readonly counters: () => Promise<CounterReport>;
  /** Orders a fault; returns how often it has struck since. */
  readonly orderFault: (rule: object) => Promise<() => Promise<number>>;
};

export type StartOptions = Partial<LocalCloudOptions> & {
  readonly onEnd?: (cleanup: () => Promise<void> | void) => void;
};

/** A cloud on a free port with a folder of its own, both gone when the test has ended. */
export const startCloud = async ({ onEnd = onTestFinished, ...options }: StartOptions = {}): Promise<TestCloud> => {
  const dataDir = options.dataDir ?? createFolder(onEnd);
  const lines: string[] = [];
  const cloud = await startLocalCloud({ log: (line) => lines.push(line), ...options, dataDir });
  onEnd(() => cloud.stop());
  const fetchJson = async <Value>(path: string, init: RequestInit = {}): Promise<JsonAnswer<Value>> => {
    const response = await fetch(`${cloud.url}${path}`, {
      ...init,
      headers: { "content-type": "application/json", authorization: "Bearer test", ...init.headers },
    });
    const text = await response.text();
    return { status: response.status, json: (text === "" ? undefined : JSON.parse(text)) as Value };
  };
  const orderFault = async (rule: object) => {
    const ordered = await fetchJson<FaultRule>("/_local/faults", { method: "POST", body: JSON.stringify(rule) });
    if (ordered.status !== 200) throw new Error(`the fault was refused: ${JSON.stringify(ordered.json)}`);
    return async () => {
      const { json } = await fetchJson<{ faults: FaultRule[] }>("/_local/faults");
      return json.faults.find(({ id }) => id === ordered.json.id)?.consumed ?? 0;
    };
  };
  const counters = async () => (await fetchJson<{ counters: CounterReport }>("/_local/status")).json.counters;
  return { ...cloud, dataDir, lines, fetchJson, counters, orderFault };
};
