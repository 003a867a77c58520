// What a commit redeploys: asked of a real git history with `nx affected -t deploy`, judged by what is live afterwards.
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { type Session, succeeds, type UseSession } from "./session.ts";

const writes = async ({ stack }: Session): Promise<number> => {
  const { counters } = (await ask(`${stack.endpoint}/_local/status`)).json() as {
    counters: { writes: { total: number } };
  };
  return counters.writes.total;
};

/** What the newest release has noted: names of journals fall with time. */
async function newestJournal({ stack }: Session): Promise<readonly JournalEntry[]> {
  const objects = `${stack.endpoint}/storage/v1/b/botbalance-local-deploy-state/o`;
  const { items = [] } = (await ask(`${objects}?prefix=journal/`)).json() as { items?: readonly { name: string }[] };
  const names = items.map(({ name }) => name);
  const newest = names[0]?.slice(0, names[0].lastIndexOf("/") + 1) ?? "";
  const ofNewest = names.filter((name) => name.startsWith(newest));
  const read = ofNewest.map((name) => ask(`${objects}/${encodeURIComponent(name)}?alt=media`));
  return (await Promise.all(read)).map((answer) => answer.json() as JournalEntry);
}
type JournalEntry = { readonly unit: string; readonly pid: number };

export function judgeAffected(use: UseSession): void {
  const versions = async (): Promise<Readonly<Record<string, string | undefined>>> =>
    Object.fromEntries(Array.from(await use().units(), ([unit, { version }]) => [unit, version]));
  const deployCommit = async (message: string): Promise<void> => {
    await use().commit(message);
    await succeeds(use().nx("affected", "-t", "deploy", "--base=HEAD~1", "--head=HEAD"));
  };

  describe("nx affected -t deploy", () => {
    test("a change in README redeploys nothing", async () => {
      await use().append("README.md", "\nA line more.\n");
      const before = await writes(use());
      await deployCommit("readme");
      expect(await writes(use())).toBe(before);
    });

    test("a change in packages/health-client redeploys the frontend and not the API", async () => {
      const before = await versions();
      await use().append(
        "packages/health-client/src/browser/poller.ts",
        '\nglobalThis.dispatchEvent?.(new Event("changed-by-a-test"));\n',
      );
      await deployCommit("health-client");
      const after = await versions();
      expect(after["frontend"]).not.toBe(before["frontend"]);
      expect({ ...after, frontend: "" }).toEqual({ ...before, frontend: "" });
    }, 240_000);

    test("a change in apps/backend redeploys the API and not the frontend", async () => {
      const before = await versions();
      await use().append("apps/backend/src/main.ts", "\n// A line more.\n");
      await deployCommit("backend");
      const after = await versions();
      expect(after["frontend"]).toBe(before["frontend"]);
      expect(after["api"]).not.toBe(before["api"]);
      expect(after["worker"]).not.toBe(before["worker"]);
      expect(after["backend"]).not.toBe(before["backend"]);
      // Each of them has a task of its own, and all tasks had one process release them.
      const journal = await newestJournal(use());
      expect(journal.map(({ unit }) => unit)).toEqual(expect.arrayContaining(["backend", "api", "worker"]));
      expect(new Set(journal.map(({ pid }) => pid)).size).toBe(1);
    }, 240_000);
  });
}
