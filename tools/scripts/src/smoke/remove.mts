// Takes a throwaway stack out of a project again, by gcloud, so that what removes is not what was tested.
import type { Stack } from "@slipway/config";
import { deployerAccount, grantsOf } from "@slipway/deploy-sdk";
import { $ } from "zx";

/**
 * Every command, for a person to see and, where one fails, to run. Names come from the throwaway stack alone. Pure.
 * @param withDeployer the account that deploys was made by this run, and goes with it
 */
export function removalCommands(stack: Stack, withDeployer: boolean): readonly (readonly string[])[] {
  const { environment, units, database, secrets, registry, runtimeAccount } = stack;
  const { project, region, stateBucket } = environment;
  const accounts = [runtimeAccount, ...(withDeployer ? [deployerAccount(stack)] : [])];
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
    // A binding outlives its account, as `deleted:serviceAccount:…`.
    ...grantsOf(stack).flatMap(({ resource, role, member }) =>
      resource.on === "project" && accounts.some((account) => member === `serviceAccount:${account}`)
        ? [
            [
              "projects",
              "remove-iam-policy-binding",
              project,
              "--member",
              member,
              "--role",
              role,
              "--condition=None",
              "--quiet",
            ],
          ]
        : [],
    ),
    ...accounts.map((account) => ["iam", "service-accounts", "delete", account, ...place]),
    ["storage", "rm", "--recursive", `gs://${stateBucket}`, ...place],
  ];
}

/** What gcloud does not say in so many words that there is none of, whatever has kept it from looking, may be somebody's. */
export const mayExist = ({
  exitCode,
  stderr,
}: {
  readonly exitCode: number | null;
  readonly stderr: string;
}): boolean => exitCode === 0 || !stderr.includes(" NOT_FOUND: ");

/** Runs them all, whatever one of them says; returns those that failed. */
export async function removeStack(
  stack: Stack,
  { withDeployer, say }: { readonly withDeployer: boolean; readonly say: (line: string) => void },
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const args of removalCommands(stack, withDeployer)) {
    say(`- gcloud ${args.join(" ")}`);
    const { exitCode, stderr } = await $({ quiet: true, nothrow: true, timeout: "15m" })`gcloud ${args}`;
    if (exitCode !== 0 && !/not[ _]found|does not exist|matched no objects/i.test(stderr))
      failed.push(`gcloud ${args.join(" ")}`);
  }
  return failed;
}
