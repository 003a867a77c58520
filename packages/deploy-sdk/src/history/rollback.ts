// The way back is no other way: a plan against what an earlier release recorded, applied, verified and recorded.
import type { Unit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import { listRecords, type RecordName, type ReleaseEntry, readRecord } from "../engine/records.ts";
import { releaseUnits, selectUnits } from "../engine/release.ts";
import type { ReleaseOptions, ReleaseReport } from "../engine/release-types.ts";
import type { Call } from "../target.ts";
import { chooseEarlier } from "./choose-earlier.ts";
import { recordOf, workloadServing } from "./unit-status.ts";

export type RollbackOptions = Omit<ReleaseOptions, "units" | "force" | "commit" | "drivers"> & {
  readonly unit: string;
  /** Release to go back to. Default: the last that succeeded before the one that serves. */
  readonly to?: string;
};

/**
 * Puts an earlier release of one unit back, without a build, as a release of its own.
 * @throws {DeployError} `no-earlier-release`; `usage` for a unit that cannot be taken back, such as a migration
 */
export async function rollback(options: RollbackOptions): Promise<ReleaseReport> {
  const { stack, target, signal, unit: name, to } = options;
  const [unit] = selectUnits(stack.units, [name]);
  if (!unit || unit.kind === "image" || unit.kind === "job") throw cannotGoBack(name, unit);
  const call: Call = { signal, subject: `${unit.kind} "${name}" in ${stack.environment.name}` };
  const records = await listRecords(target.state, name, call);
  const record = to === undefined ? await earlier(unit, records, options, call) : named(to, records);
  if (!record) throw noEarlier(name, to, records, call);
  const entry = await readRecord(target.state, record.object, call);
  const { prepareRollback } = await import("./prepare-rollback.ts");
  return releaseUnits([unit], {
    ...options,
    commit: entry.commit,
    rollbackTo: entry.releaseId,
    prepare: (_unit, context) => prepareRollback(unit, stateOf(entry), target, context),
  });
}

const named = (to: string, records: readonly RecordName[]): RecordName | undefined =>
  records.find(({ status, releaseId }) => status === "released" && releaseId === to);

async function earlier(
  unit: Unit,
  records: readonly RecordName[],
  { target }: RollbackOptions,
  call: Call,
): Promise<RecordName | undefined> {
  const version = await servingVersion(unit, records, target, call);
  const record = recordOf(records, version);
  const entry = record && (await readRecord(target.state, record.object, call));
  return chooseEarlier(records, { version, releasedBy: entry?.rollbackTo ?? entry?.releaseId });
}

async function servingVersion(
  unit: Unit,
  records: readonly RecordName[],
  target: RollbackOptions["target"],
  call: Call,
): Promise<string | undefined> {
  if (unit.kind === "service") return workloadServing(await target.services.get(unit.resource, call), records).version;
  if (unit.kind === "worker") {
    const workloads = unit.as === "service" ? target.services : target.workers;
    return workloadServing(await workloads.get(unit.resource, call), records).version;
  }
  return records.find(({ status }) => status === "released")?.version;
}

function stateOf(entry: ReleaseEntry): unknown {
  return entry.status === "released" ? entry.outcome.state : undefined;
}

const cannotGoBack = (name: string, unit: Unit | undefined): DeployError =>
  new DeployError("usage", {
    subject: `unit "${name}"`,
    message:
      unit?.kind === "job"
        ? "what a migration did to the database is not undone by an earlier image"
        : "serves nothing by itself",
    hint: "roll back the services, workers or sites that use it; correct a schema with a new migration",
  });

function noEarlier(
  name: string,
  to: string | undefined,
  records: readonly RecordName[],
  { subject }: Call,
): DeployError {
  const releases = records.filter(({ status }) => status === "released").map(({ releaseId }) => releaseId);
  return new DeployError("no-earlier-release", {
    subject,
    message: to === undefined ? "there is no earlier release that succeeded" : `no release ${to} of it succeeded`,
    hint: releases.length > 1 ? `pnpm rollback ${name} --to ${releases[1]}` : `pnpm history`,
    details: releases.slice(0, 10),
  });
}
