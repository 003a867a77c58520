// Status is what serves, read back; the records say since when, and from which commit.
import type { Unit } from "@slipway/config";
import { listRecords, type RecordName, readRecord } from "../engine/records.ts";
import { readIndex } from "../site/site-state.ts";
import type { Call, Target } from "../target.ts";
import type { InspectOptions, UnitStatus } from "./history-types.ts";
import { jobServing, recordOf, versionServing, withRecord, workloadServing } from "./unit-status.ts";

/** What serves now, by unit, in the order of the stack. */
export async function readStatus({ stack, target, signal }: InspectOptions): Promise<readonly UnitStatus[]> {
  return Promise.all(
    stack.units.map(async (unit) => {
      const call: Call = { signal, subject: `${unit.kind} "${unit.name}" in ${stack.environment.name}` };
      const records = await listRecords(target.state, unit.name, call);
      const serving = await servingOf(unit, records, target, call);
      const record = recordOf(records, serving.version);
      const entry = record && (await readRecord(target.state, record.object, call));
      return withRecord({ unit: unit.name, kind: unit.kind }, serving, entry);
    }),
  );
}

async function servingOf(unit: Unit, records: readonly RecordName[], target: Target, call: Call) {
  switch (unit.kind) {
    case "service":
      return workloadServing(await target.services.get(unit.resource, call), records);
    case "worker": {
      const workloads = unit.as === "service" ? target.services : target.workers;
      return workloadServing(await workloads.get(unit.resource, call), records);
    }
    case "job": {
      const live = await target.jobs.get(unit.resource, call);
      const newest = live?.latestExecution;
      const execution = newest === undefined ? undefined : await target.jobs.execution(unit.resource, newest, call);
      return jobServing(live, execution, records);
    }
    case "site": {
      const { index } = await readIndex(target, unit.name, call);
      const live = index.publications.findLast(({ publishedAt, expired }) => publishedAt !== undefined && !expired);
      return versionServing(live?.version, unit.url);
    }
    case "image":
      return versionServing(records.find(({ status }) => status === "released")?.version, undefined);
  }
}
