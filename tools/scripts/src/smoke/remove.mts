// Takes a throwaway stack out of a project again, by gcloud, so that what removes is not what was tested.
import type { Stack } from "@slipway/config";
import { $ } from "zx";

/** Every command, for a person to see and, where one fails, to run. Names come from the throwaway stack alone. Pure. */
export function removalCommands({
  environment,
  units,
  database,
  secrets,
  registry,
  runtimeAccount,
}: Stack): readonly (readonly string[])[] {
  const { project, region, stateBucket } = environment;
  const place = ["--project", project, "--quiet"];
  const regional = [...place, "--region", region];
  return [
    ...units.flatMap((unit): readonly (readonly string[])[] => {
      if (unit.kind === "service") return [["run", "services", "delete", unit.resource, ...regional]];
      if (unit.kind === "worker") return [["beta", "run", "worker-pools", "delete", unit.resource, ...regional]];
      if (unit.kind === "job") return [["run", "jobs", "delete", unit.resource, ...regional]];
      if (unit.kind === "site") return [["storage", "rm", "--recursive", `gs://${unit.bucket}`, ...place]];
      return [];
    }),
    // Provisioning protects a database from being deleted by mistake.
    ...(database
      ? [
          ["sql", "instances", "patch", database.instance, "--no-deletion-protection", ...place],
          ["sql", "instances", "delete", database.instance, ...place],
        ]
      : []),
    ...secrets.map(({ name }) => ["secrets", "delete", name, ...place]),
    ["artifacts", "repositories", "delete", registry.repository, ...place, "--location", region],
    ["iam", "service-accounts", "delete", runtimeAccount, ...place],
    ["storage", "rm", "--recursive", `gs://${stateBucket}`, ...place],
  ];
}

/** Runs them all, whatever one of them says; returns those that failed. */
export async function removeStack(stack: Stack, say: (line: string) => void): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const args of removalCommands(stack)) {
    say(`- gcloud ${args.join(" ")}`);
    const { exitCode, stderr } = await $({ quiet: true, nothrow: true, timeout: "15m" })`gcloud ${args}`;
    if (exitCode !== 0 && !/not[ _]found|does not exist|matched no objects/i.test(stderr))
      failed.push(`gcloud ${args.join(" ")}`);
  }
  return failed;
}
