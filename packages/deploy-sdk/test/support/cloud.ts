// A real local cloud for a test: its address, what it counted, and faults to order.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IamMode, type PermissionUse, startLocalCloud } from "@slipway/local-cloud";
import { onTestFinished } from "vitest";

type Counters = {
  readonly requests: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly reads: number;
  readonly writes: { readonly total: number };
};

export type TestCloud = {
  readonly url: string;
  readonly port: number;
  readonly counters: () => Promise<Counters>;
  /** Orders a fault; returns how often it has struck since. */
  readonly orderFault: (rule: object) => Promise<() => Promise<number>>;
  /** Does `work` while these faults are ordered, not all of which need strike. */
  readonly under: <Result>(rules: readonly object[], work: () => Promise<Result>) => Promise<Result>;
  /** How often those have struck so far. */
  readonly struck: () => number;
  /** Each permission that a caller has used until now, and whether its roles grant it; of a cloud that records them. */
  readonly permissionUses: () => Promise<readonly PermissionUse[]>;
  /** Of a predefined role. */
  readonly permissionsOf: (role: string) => Promise<readonly string[]>;
};

/** Ends with the test, or with what `onEnd` is bound to. */
export async function startCloud(
  onEnd: (cleanup: () => Promise<void>) => void = onTestFinished,
  { iam = "off" }: { readonly iam?: IamMode } = {},
): Promise<TestCloud> {
  const dataDir = await mkdtemp(join(tmpdir(), "cloud-"));
  onEnd(() => rm(dataDir, { recursive: true, force: true }));
  const cloud = await startLocalCloud({ dataDir, iam });
  onEnd(() => cloud.stop());
  const ask = async <Answer>(path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(`${cloud.url}${path}`, { headers: { "content-type": "application/json" }, ...init });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const order = (rule: object) =>
    ask<{ readonly id: string }>("/_local/faults", { method: "POST", body: JSON.stringify(rule) });
  const consumed = async (id: string): Promise<number> => {
    const { faults } = await ask<{ faults: readonly { id: string; consumed: number }[] }>("/_local/faults");
    return faults.find((fault) => fault.id === id)?.consumed ?? 0;
  };
  let strikes = 0;
  return {
    url: cloud.url,
    port: cloud.port,
    counters: async () => (await ask<{ counters: Counters }>("/_local/status")).counters,
    under: async (rules, work) => {
      const ordered = await Promise.all(rules.map(order));
      try {
        return await work();
      } finally {
        for (const { id } of ordered) {
          strikes += await consumed(id);
          await ask(`/_local/faults/${id}`, { method: "DELETE" });
        }
      }
    },
    struck: () => strikes,
    permissionUses: async () => (await ask<{ uses: readonly PermissionUse[] }>("/_local/permissions")).uses,
    permissionsOf: async (role) =>
      (await ask<{ includedPermissions: readonly string[] }>(`/v1/${role}`)).includedPermissions,
    orderFault: async (rule) => {
      const { id } = await order(rule);
      return () => consumed(id);
    },
  };
}
