import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createHolder, isDead } from "./holder.ts";

const observer = createHolder();
const stateOf = (pid: number): string => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? "";

describe.runIf(process.platform === "linux")("the holder of a lock", () => {
  test("is alive as long as its process runs", () => {
    expect(isDead(observer, observer)).toBe(false);
  });

  test("is dead when its process is gone", async () => {
    const child = spawn("true");
    await once(child, "exit");
    expect(isDead({ ...observer, pid: child.pid ?? 0 }, observer)).toBe(true);
  });

  test("is dead when its process has ended and nobody has waited for it", async () => {
    // The shell's child ends after the shell has become a program that waits for nothing.
    const parent = spawn("sh", ["-c", "sleep 0.1 & echo $!; exec sleep 60"]);
    onTestFinished(() => void parent.kill("SIGKILL"));
    const pid = Number(String((await once(parent.stdout, "data"))[0]));
    await vi.waitFor(() => expect(stateOf(pid)).toBe("Z"), { timeout: 10_000 });
    expect(isDead({ ...observer, pid }, observer)).toBe(true);
  });

  test("is not judged from another machine or container", () => {
    expect(isDead({ pid: 2 ** 30, scope: "another" }, observer)).toBe(false);
    expect(isDead({ pid: 2 ** 30, scope: undefined }, observer)).toBe(false);
  });
});
