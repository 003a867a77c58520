import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";

const node = (script: string, timeoutMs?: number): Promise<string> =>
  runProgram(process.execPath, ["-e", script], timeoutMs === undefined ? {} : { timeoutMs });

test("resolves with what a program wrote", async () => {
  expect(await node("console.log('7.0.15')")).toBe("7.0.15\n");
});

test("runs it outside of the group of processes that a terminal interrupts", async () => {
  const groupOf = "fs.readFileSync('/proc/self/stat','utf8').split(' ')[4]";
  expect(await node(`console.log(${groupOf} === String(process.pid))`)).toBe("true\n");
});

test.each([
  ["fails, with what it complained of", "console.error('no locale'); process.exit(1)", "no locale"],
  ["fails without a word, with its exit code", "process.exit(3)", "exit code 3"],
  ["is killed, with the signal", "process.kill(process.pid, 'SIGTERM')", "SIGTERM"],
  ["writes without end", "for (;;) require('fs').writeSync(1, 'x'.repeat(65536))", "SIGKILL"],
])("rejects for one that %s", async (_, script, told) => {
  await expect(node(script)).rejects.toThrow(told);
});

test("kills one that takes too long", async () => {
  await expect(node("setInterval(() => {}, 1000)", 200)).rejects.toThrow("longer than 200 ms");
});

test("kills with it what it has started and has its output", async () => {
  const script = "require('child_process').spawn('sleep', ['60'], { stdio: 'inherit' }); setInterval(() => {}, 1000)";
  await expect(node(script, 500)).rejects.toThrow("longer than 500 ms");
});

test("rejects for one that is not there", async () => {
  await expect(runProgram("/nowhere/program", [])).rejects.toThrow("ENOENT");
});
