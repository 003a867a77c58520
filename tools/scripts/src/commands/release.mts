// `pnpm release`, `pnpm deploy:api`, `pnpm deploy:frontend`: builds what is needed, then releases in one process.
import type { Stack, Unit } from "@slipway/config";
import { DeployError, release } from "@slipway/deploy-sdk";
import { buildProjects } from "../build-projects.mts";
import { type CommonOptions, environmentCommand } from "../command.mts";
import { presentError } from "../present/error.mts";
import { reportSummary } from "../present/report.mts";
import { releaseOptions, runInEnvironment } from "../session.mts";

type Options = CommonOptions & { readonly plan: boolean; readonly force: boolean };

/** A unit and what must be of the same source: its image and its migrations. A site needs nothing but its own build. */
export function withRequirements(names: readonly string[], { units }: Stack): readonly string[] {
  const unitOf = (name: string): Unit => {
    const unit = units.find((each) => each.name === name);
    if (unit) return unit;
    throw new DeployError("usage", {
      subject: `unit "${name}"`,
      message: "is not in the stack",
      hint: `units: ${units.map((each) => each.name).join(", ")}`,
    });
  };
  const required = (unit: Unit): readonly string[] =>
    unit.kind === "site"
      ? []
      : unit.after
          .map(unitOf)
          .filter(({ kind }) => kind === "image" || kind === "job")
          .flatMap((other) => [...required(other), other.name]);
  return [...new Set(names.map(unitOf).flatMap((unit) => [...required(unit), unit.name]))];
}

const command = environmentCommand("release", "Releases the stack, or the units named and what they need.", [
  "release --plan",
  "release --env production",
  "deploy:api --env staging",
  "deploy:frontend --plan",
])
  .argument("[units...]", "names of units (default: all)")
  .option("--plan", "say what would change, and change nothing", false)
  .option("--force", "release again what is as it should be", false)
  .parse();

const options = command.opts<Options>();
await runInEnvironment(options, async (session) => {
  const { stack, present, signal } = session;
  const units = command.args.length > 0 ? withRequirements(command.args, stack) : stack.units.map(({ name }) => name);
  const sites = stack.units.filter(({ kind, name }) => kind === "site" && units.includes(name));
  await buildProjects(
    sites.map(({ project }) => project),
    { signal, present },
  );
  const report = await release({
    ...(await releaseOptions(session)),
    units,
    force: options.force,
    mode: options.plan ? "plan" : "apply",
  });
  for (const result of report.results) if (result.status === "failed") present.error(presentError(result.error));
  present.result(report, () => reportSummary(report));
  return report.exitCode;
});
