import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { BucketRecord } from "./bucket-record.ts";
import { compareNames, type ListQuery } from "./list-objects.ts";
import type { ObjectRecord } from "./object-record.ts";
import { createObjectStore } from "./object-store.ts";
import { judge, type Preconditions, type Versioned } from "./preconditions.ts";

const folder = mkdtempSync(join(tmpdir(), "objects-"));
afterAll(() => rmSync(folder, { recursive: true }));
let runs = 0;

const bucketWith = (versioning: boolean, softDelete: boolean): BucketRecord => ({
  ...{ name: "bucket", project: "p", generation: 1, metageneration: 1, timeCreated: "", updated: "" },
  config: {
    ...{ location: "US", storageClass: "STANDARD", versioning: { enabled: versioning } },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "inherited" },
    softDeletePolicy: { retentionDurationSeconds: softDelete ? "604800" : "0", effectiveTime: "" },
  },
});

/** Which generation a precondition or a delete means: none, the live one, an older one, or one that never was. */
type Aim = "none" | "zero" | "live" | "older" | "never";
type Step =
  | { readonly do: "put"; readonly name: string; readonly text: string; readonly match: Aim }
  | { readonly do: "patch"; readonly name: string; readonly match: Aim }
  | { readonly do: "delete"; readonly name: string; readonly generation: Aim; readonly match: Aim };

const name = fc.constantFrom("a", "b/c", "b/d", "\uffff", "\u{10000}");
const aim = fc.constantFrom<Aim>("none", "none", "zero", "live", "older", "never");
/** Some are larger than a row holds. */
const text = fc.constantFrom("", "x", "y".repeat(70_000));
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("put" as const), name, text, match: aim }),
  fc.record({ do: fc.constant("patch" as const), name, match: aim }),
  fc.record({ do: fc.constant("delete" as const), name, generation: aim, match: aim }),
);

type Kept = Versioned & { readonly name: string; readonly text: string };
/** What the documentation says is there: the live object of each name, noncurrent and soft-deleted generations. */
type Model = { readonly live: Map<string, Kept>; noncurrent: Kept[]; softDeleted: Kept[] };

const aimAt = (at: Aim, model: Model, target: string): number | undefined => {
  const older = model.noncurrent.find((kept) => kept.name === target)?.generation;
  return { none: undefined, zero: 0, live: model.live.get(target)?.generation ?? 7, older: older ?? 8, never: 9 }[at];
};

const retire = (model: Model, bucket: BucketRecord, kept: Kept, keepVersion: boolean): void => {
  if (keepVersion && bucket.config.versioning?.enabled) model.noncurrent.push(kept);
  else if (bucket.config.softDeletePolicy.retentionDurationSeconds !== "0") model.softDeleted.push(kept);
};

const statusOf = async (work: () => Promise<unknown>): Promise<number> => {
  try {
    await work();
    return 200;
  } catch (error) {
    return (error as { code: number }).code;
  }
};

async function* chunksOf(content: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += 30_000) yield Buffer.from(content.slice(at, at + 30_000));
}

const everything: ListQuery = {
  ...{ prefix: "", delimiter: "", startOffset: "", endOffset: undefined, includeTrailingDelimiter: false },
  ...{ maxResults: 1_000, pageToken: undefined },
};

/** Objects as the model has them, and a way to run a step on both. */
const createRun = (bucket: BucketRecord) => {
  runs += 1;
  const model: Model = { live: new Map(), noncurrent: [], softDeleted: [] };
  const now = () => new Date("2026-01-01T00:00:00Z");
  const store = createObjectStore({ folder: join(folder, String(runs)), now, log: () => {}, admit: () => {} });

  const put = async (step: Extract<Step, { do: "put" }>, preconditions: Preconditions): Promise<void> => {
    const before = model.live.get(step.name);
    const content = await store.receive(chunksOf(step.text));
    let created: ObjectRecord | undefined;
    const status = await statusOf(async () => {
      created = await store.create({ bucket, name: step.name, content, attributes: {}, preconditions });
    });
    expect(status).toBe(judge(preconditions, before) === "holds" ? 200 : 412);
    if (created === undefined) return;
    if (before !== undefined) retire(model, bucket, before, true);
    const { generation, metageneration } = created;
    model.live.set(step.name, { name: step.name, text: step.text, generation, metageneration });
  };

  const patch = async (step: Extract<Step, { do: "patch" }>, preconditions: Preconditions): Promise<void> => {
    const before = model.live.get(step.name);
    const target = { bucket, name: step.name, preconditions };
    const status = await statusOf(async () => store.update(target, () => ({ contentType: "t/t" })));
    expect(status).toBe(before === undefined ? 404 : judge(preconditions, before) === "holds" ? 200 : 412);
    if (status === 200 && before !== undefined)
      model.live.set(step.name, { ...before, metageneration: before.metageneration + 1 });
  };

  const remove = async (step: Extract<Step, { do: "delete" }>, preconditions: Preconditions): Promise<void> => {
    const generation = aimAt(step.generation, model, step.name);
    const live = model.live.get(step.name);
    const isLive = generation === undefined || generation === live?.generation;
    const found = isLive ? live : model.noncurrent.find((kept) => kept.generation === generation);
    const status = await statusOf(async () => store.delete({ bucket, name: step.name, generation, preconditions }));
    expect(status).toBe(found === undefined ? 404 : judge(preconditions, found) === "holds" ? 200 : 412);
    if (status !== 200 || found === undefined) return;
    if (isLive) model.live.delete(step.name);
    else model.noncurrent = model.noncurrent.filter((kept) => kept !== found);
    retire(model, bucket, found, generation === undefined);
  };

  const run = async (step: Step): Promise<void> => {
    const generationMatch = aimAt(step.match, model, step.name);
    const preconditions = generationMatch === undefined ? {} : { generationMatch };
    if (step.do === "put") await put(step, preconditions);
    else if (step.do === "patch") await patch(step, preconditions);
    else await remove(step, preconditions);
  };
  return { model, store, run };
};

const inOrder = (kept: Iterable<Kept>): readonly Versioned[] =>
  [...kept]
    .sort((left, right) => compareNames(left.name, right.name) || left.generation - right.generation)
    .map(({ generation, metageneration }) => ({ generation, metageneration }));

test("keeps live, noncurrent and soft-deleted objects as documented, whatever is done to them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.boolean(),
      fc.array(stepArbitrary, { minLength: 5, maxLength: 25, size: "max" }),
      async (versioning, softDelete, steps) => {
        const { model, store, run } = createRun(bucketWith(versioning, softDelete));
        for (const step of steps) await run(step);
        const listed = (kind: "live" | "versions" | "soft-deleted") =>
          store
            .list("bucket", kind, everything)
            .items.map(({ generation, metageneration }) => ({ generation, metageneration }));
        expect(listed("live")).toEqual(inOrder(model.live.values()));
        expect(listed("versions")).toEqual(inOrder([...model.live.values(), ...model.noncurrent]));
        expect(listed("soft-deleted")).toEqual(inOrder(model.softDeleted));
        for (const { name: wanted, generation, text: written } of [...model.live.values(), ...model.noncurrent]) {
          const record = store.find("bucket", wanted, generation);
          const content = record && (await store.open(record));
          const bytes = content?.read("all");
          expect(Buffer.isBuffer(bytes) ? bytes.toString() : (await bytes?.toArray())?.join("")).toBe(written);
        }
        store.close();
      },
    ),
    { numRuns: 40 },
  );
});
