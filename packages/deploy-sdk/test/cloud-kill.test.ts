// kill -9 of a cloud at random moments of a deploy: its state opens again, and what it had confirmed is there. A killed
// process, that is, whose writes the operating system has; not a lost power supply. KILLS and KILL_SEED set how often and when.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { resolveStack } from "@slipway/config";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { systemRuntime } from "../src/engine/runtime.ts";
import { createTarget } from "../src/google/create-target.ts";
import { type Kind, type KindName, kinds, prepare, type Session } from "./faults/confirmed-writes.ts";
import { releaseStack } from "./faults/whole-life.ts";
import { compiledOnce } from "./support/compiled-once.ts";

const kills = Number(process.env["KILLS"] ?? 50);
const seed = Number(process.env["KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** A kill takes under a second; a busy machine takes three of them. */
const timeoutMs = 30_000 + 3_000 * kills;
/** The latest moment of a deploy. */
const longestMs = 250;
const moments = fc.sample(fc.integer({ min: 0, max: longestMs }), { numRuns: kills, seed });

type Loaded = { readonly child: ChildProcess; readonly exited: Promise<unknown> };

/** Loads while another one serves: half of its start is that. */
function load(dataDir: string): Loaded {
  const script = new URL("./support/cloud-process.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, dataDir], {
    env: compiledOnce,
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, exited: once(child, "exit") };
}

async function start({ child, exited }: Loaded): Promise<string> {
  child.stdin?.write("start\n");
  const [line] = await Promise.race([once(child.stdout ?? child, "data"), exited.then(() => ["it did not start"])]);
  return String(line).trim();
}

function openSession(endpoint: string): Session & { readonly end: () => Promise<void> } {
  const controller = new AbortController();
  const stack = resolveStack(releaseStack("killed", "example.com/none", "1"), "local", { endpoint });
  const runtime = { ...systemRuntime, sleep: (_ms: number, signal: AbortSignal) => systemRuntime.sleep(1, signal) };
  const { signal } = controller;
  const target = createTarget(stack, { signal, runtime });
  return {
    ...{ stack, target, runtime, call: { signal, subject: "a deploy" } },
    end: async () => {
      controller.abort(new Error("killed"));
      await target.close();
    },
  };
}

const kindNames = Object.keys(kinds) as readonly KindName[];
const atOnce = 4;
/** A few at once, in turn, so that each of them gets somewhere before the end. */
const kindsOf = (round: number): readonly KindName[] =>
  Array.from({ length: atOnce }, (_, index) => kindNames[(round * atOnce + index) % kindNames.length] as KindName);

/** Of each kind, one write was confirmed: on a busy machine that may take longer than the moments given. */
const firsts = Object.fromEntries(kindNames.map((kind) => [kind, Promise.withResolvers<void>()])) as Readonly<
  Record<KindName, PromiseWithResolvers<void>>
>;

/** By kind and name. */
type Written = Map<string, { readonly kind: KindName; readonly name: string; sent: number; confirmed: number }>;

async function writeUntilKilled(kind: KindName, session: Session, written: Written, from: number): Promise<void> {
  const { names, write }: Kind = kinds[kind];
  for (let value = from; ; value += 1) {
    const name = `name-${value % Math.min(names, 1_000_000)}-${kindNames.indexOf(kind)}`;
    const key = `${kind} ${name}`;
    const known = written.get(key) ?? { kind, name, sent: 0, confirmed: 0 };
    written.set(key, known);
    known.sent = value;
    try {
      await write(session, name, value);
    } catch (error) {
      if (session.call.signal.aborted) return;
      throw error;
    }
    known.confirmed = value;
    firsts[kind].resolve();
  }
}

/** What is not as it was confirmed; and, where the last write was not confirmed, not as it was sent either. */
async function lost(session: Session, written: Written): Promise<readonly string[]> {
  const looked = [...written.values()].map(async ({ kind, name, sent, confirmed }) => {
    const found = await kinds[kind].read(session, name);
    const isThere = found !== undefined && found >= confirmed && (found <= sent || found === Number.POSITIVE_INFINITY);
    return isThere || (found === undefined && confirmed === 0) ? [] : [`${kind} ${name}: ${found}, not ${confirmed}`];
  });
  return (await Promise.all(looked)).flat();
}

test(
  `opens its state again ${kills} times, with everything that it had confirmed when it was killed (KILL_SEED=${seed})`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "killed-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const loadNext = () => load(join(folder, "data"));
    const all: Written = new Map();
    let recent: Written = new Map();
    let next = loadNext();
    let value = 1;
    for (const [round, momentMs] of moments.entries()) {
      const current = next;
      const session = openSession(await start(current));
      if (value === 1) await prepare(session);
      expect(await lost(session, recent)).toEqual([]);
      next = loadNext();
      recent = new Map();
      const writing = kindsOf(round).map((kind) => writeUntilKilled(kind, session, recent, value));
      const begun = Promise.all(kindsOf(round).map((kind) => firsts[kind].promise));
      await Promise.race([begun.then(() => delay(momentMs)), Promise.all(writing)]);
      current.child.kill("SIGKILL");
      await Promise.all([session.end(), current.exited, ...writing]);
      for (const [key, entry] of recent) {
        all.set(key, { ...entry, confirmed: Math.max(entry.confirmed, all.get(key)?.confirmed ?? 0) });
        value = Math.max(value, entry.sent + 1);
      }
    }
    const session = openSession(await start(next));
    expect(await lost(session, all)).toEqual([]);
    await session.end();
    const confirmed = new Set([...all.values()].filter((entry) => entry.confirmed > 0).map(({ kind }) => kind));
    expect(kindNames.filter((kind) => !confirmed.has(kind))).toEqual([]);
  },
  timeoutMs,
);
