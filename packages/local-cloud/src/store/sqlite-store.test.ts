import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./sqlite-store.ts";

const openMemory = () => {
  const store = openStore(":memory:");
  onTestFinished(() => store.close());
  return store;
};

const createFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

test("keeps documents of different kinds apart", () => {
  const store = openMemory();
  store.collection<{ a: number }>("one").put("x", { a: 1 });
  expect(store.collection("two").get("x")).toBeUndefined();
  expect(store.collection("one").get("x")).toEqual({ a: 1 });
  expect(store.collection("one").delete("x")).toBe(true);
  expect(store.collection("one").delete("x")).toBe(false);
});

test("lists what has the prefix, after a name, in the order of UTF-8 bytes", () => {
  const anyName = fc.string({ unit: "binary", maxLength: 4 });
  fc.assert(
    fc.property(fc.uniqueArray(anyName), anyName, fc.option(anyName, { nil: undefined }), (names, prefix, after) => {
      const store = openStore(":memory:");
      const collection = store.collection<number>("kind");
      for (const [index, name] of names.entries()) collection.put(name, index);
      const expected = names
        .filter((name) => name.startsWith(prefix))
        .filter((name) => after === undefined || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const listed = collection.list({ prefix, ...(after !== undefined && { after }) });
      const total = collection.count(prefix);
      store.close();
      expect(listed.map(({ name }) => name)).toEqual(expected);
      expect(total).toBe(names.filter((name) => name.startsWith(prefix)).length);
    }),
  );
});

test("a transaction that throws leaves nothing behind", () => {
  const store = openMemory();
  const collection = store.collection<number>("kind");
  const failing = () =>
    store.transaction(() => {
      collection.put("x", 1);
      throw new Error("stop");
    });
  expect(failing).toThrow("stop");
  expect(collection.get("x")).toBeUndefined();
  expect(store.transaction(() => 2)).toBe(2);
});

test("never gives a number twice, not even one taken in a transaction that rolled back", () => {
  const file = join(createFolder(), "state.db");
  const store = openStore(file);
  const taken = [store.next("s")];
  expect(() =>
    store.transaction(() => {
      taken.push(store.next("s"));
      throw new Error("stop");
    }),
  ).toThrow();
  taken.push(store.next("s"));
  store.close();
  const again = openStore(file);
  taken.push(again.next("s"));
  again.close();
  expect(taken).toEqual([1, 2, 3, 4]);
});

test("what a call has returned survives a killed process", () => {
  const file = join(createFolder(), "state.db");
  const script = `
    import { openStore } from ${JSON.stringify(new URL("./sqlite-store.ts", import.meta.url).href)};
    const store = openStore(${JSON.stringify(file)});
    for (let n = 0; n < 500; n += 1) store.collection("kind").put(String(n), n);
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "--eval", script]);
  expect(signal).toBe("SIGKILL");
  const store = openStore(file);
  expect(store.collection("kind").count()).toBe(500);
  store.close();
});
