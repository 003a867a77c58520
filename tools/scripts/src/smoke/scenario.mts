// What a smoke run does to an environment, and what it saw: the same on Google and on the local cloud.
import type { Stack } from "@slipway/config";
import {
  type Commit,
  createReleaseId,
  createTarget,
  DeployError,
  type DeployEvent,
  drivers,
  parseSecretValue,
  provision,
  type ReleaseReport,
  readStatus,
  release,
  rollback,
  setSecret,
  systemRuntime,
} from "@slipway/deploy-sdk";
import { probeHealth } from "@slipway/health-client";
import { workspace } from "../workspace.mts";

export type ScenarioOptions = {
  readonly stack: Stack;
  /** The same stack with one variable of the API changed: a second revision. */
  readonly changed: Stack;
  readonly commit: Commit;
  readonly secrets: Readonly<Record<string, string>>;
  readonly emit: (event: DeployEvent) => void;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/**
 * Writes lines of what happened to `seen`, without what differs from one project to another. Throws at the first step that
 * fails: what was seen until then is what there is to compare.
 */
export async function runScenario(options: ScenarioOptions, seen: string[]): Promise<void> {
  const { stack, changed, secrets, signal, say } = options;
  const emit = (event: DeployEvent): void => {
    options.emit(event);
    seen.push(...transcriptOf(event, stack));
  };
  const target = createTarget(stack, { signal, runtime: systemRuntime });
  const session = { target, signal, runtime: systemRuntime, workspace, drivers, commit: options.commit, emit };
  const step = async <Value,>(name: string, work: () => Promise<Value>): Promise<Value> => {
    say(`▸ ${name}`);
    seen.push(`# ${name}`);
    return work();
  };
  const releaseAll = (of: Stack): Promise<ReleaseReport> =>
    release({ ...session, stack: of, mode: "apply", releaseId: createReleaseId(systemRuntime) });
  try {
    await step("provision", async () => requireMade(await provision({ ...session, stack, mode: "apply" })));
    for (const [name, value] of Object.entries(secrets)) {
      await step(`secret ${name}`, () =>
        setSecret({ ...session, stack, name, value: parseSecretValue(name, Buffer.from(value)) }),
      );
    }
    await step("provision again", async () => requireNothingToDo(await provision({ ...session, stack, mode: "plan" })));
    await step("release", async () => requireDone(await releaseAll(stack)));
    await step("health on the public address", () => requireHealth(stack, session, seen));
    await step("release again: nothing to do", async () => requireUnchanged(await releaseAll(stack)));
    await step("release a change of the API", async () => requireDone(await releaseAll(changed)));
    await step("roll the API back", async () =>
      requireDone(
        await rollback({ ...session, stack, unit: "api", mode: "apply", releaseId: createReleaseId(systemRuntime) }),
      ),
    );
    await step("health on the public address", () => requireHealth(stack, session, seen));
  } finally {
    await target.close();
  }
}

const failure = (message: string): DeployError => new DeployError("remote-failed", { subject: "smoke", message });

function requireDone({ results, notDone }: ReleaseReport): void {
  for (const result of results) if (result.status === "failed") throw result.error;
  if (notDone.length > 0) throw failure(`not done: ${notDone.join(", ")}`);
}

function requireUnchanged(report: ReleaseReport): void {
  requireDone(report);
  const changed = report.results.filter(({ status }) => status !== "unchanged").map(({ unit }) => unit);
  if (changed.length > 0) throw failure(`a second release changed ${changed.join(", ")}`);
}

function requireMade({ failures: [failed] }: Awaited<ReturnType<typeof provision>>): void {
  if (failed) throw failed.error;
}

function requireNothingToDo({ changes, problems }: Awaited<ReturnType<typeof provision>>): void {
  const wanted = changes.filter(({ kind }) => kind !== "keep").map(({ resource }) => resource);
  if (wanted.length > 0) throw failure(`a second provisioning would change ${wanted.join(", ")}`);
  for (const { severity, subject, message } of problems)
    if (severity === "required") throw failure(`${subject}: ${message}`);
}

type Session = { readonly target: ReturnType<typeof createTarget>; readonly signal: AbortSignal };

async function requireHealth(stack: Stack, { target, signal }: Session, seen: string[]): Promise<void> {
  const status = await readStatus({ stack, target, signal, runtime: systemRuntime });
  for (const unit of stack.units) {
    const url = status.find((each) => each.unit === unit.name)?.url;
    if (unit.kind !== "service" || !url) continue;
    const probe = await probeHealth(new URL(unit.healthDetailed, url), { signal, timeoutMs: 10_000 });
    if (probe.kind === "error") throw failure(`${unit.name}: ${probe.error}`);
    seen.push(
      `health ${unit.name} ${probe.report.status} ${probe.report.checks.map(({ name, status }) => `${name}=${status}`).join(" ")}`,
    );
    if (probe.report.status === "fail") throw failure(`${unit.name} is not healthy`);
  }
}

/** An event without progress, and without names, addresses and versions that are another's elsewhere. */
function transcriptOf(event: DeployEvent, { environment, name }: Stack): readonly string[] {
  const plain = (text: string): string =>
    text
      .replaceAll(environment.project, "PROJECT")
      .replaceAll(environment.name, "ENVIRONMENT")
      .replaceAll(name, "STACK")
      .replace(/https?:\/\/\S+/g, "URL")
      .replace(/sha256:[0-9a-f]+/g, "DIGEST")
      .replace(/\b[0-9a-f]{8,64}\b/g, "HASH")
      .replace(/-[0-9a-z]{8}-\d+\b/g, "-REVISION")
      .replace(/\d{8}T\d{6}Z-[0-9a-z]{4}/g, "RELEASE");
  switch (event.type) {
    case "plan":
      return event.changes.map(({ kind, resource }) => `${event.unit} ${kind} ${plain(resource)}`);
    case "step":
      return [`${event.unit} ${plain(event.message)}`];
    case "warning":
      return [`warning ${plain(event.message)}`];
    case "unit-done":
      return [`${event.unit} ${event.result.status}`];
    default:
      return [];
  }
}
