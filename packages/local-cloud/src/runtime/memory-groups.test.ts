import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeLeftOvers } from "./memory-groups.ts";

test("removes the groups of clouds that are no more, and leaves those of one that runs, empty or not", () => {
  const parent = mkdtempSync(join(tmpdir(), "groups-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const { pid: gone } = spawnSync("true");
  const group = (name: string): string => {
    mkdirSync(join(parent, name, "instance"), { recursive: true });
    return join(parent, name);
  };
  const [dead, alive, other] = [group(`local-cloud-${gone}`), group(`local-cloud-${process.pid}`), group("another")];
  removeLeftOvers(parent);
  expect([dead, alive, other].map((dir) => existsSync(dir))).toEqual([false, true, true]);
});
