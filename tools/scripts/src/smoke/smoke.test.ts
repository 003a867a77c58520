import { expect, test } from "vitest";
import { loadWrittenStack } from "../workspace.mts";
import { compareTranscripts } from "./compare.mts";
import { mayExist, removalCommands } from "./remove.mts";
import { throwawayStack } from "./throwaway-stack.mts";

const written = await loadWrittenStack({});
const options = { written, project: "empty-project", region: "europe-west1", suffix: "a1b2", endpoint: undefined };

test("what happened on one side only is told with its step, whatever the order within a step", () => {
  const google = ["# release", "api released", "worker released", "warning slow"];
  const local = ["# release", "worker released", "api released"];
  expect(compareTranscripts(google, local)).toEqual(["+ release: warning slow"]);
  expect(compareTranscripts(local, google)).toEqual(["- release: warning slow"]);
  expect(compareTranscripts(google, google)).toEqual([]);
});

test("the throwaway stack shares no name with the real one, and without a Redis has no worker", () => {
  const { stack, changed } = throwawayStack({ ...options, redis: false });
  expect(stack.units.map(({ kind }) => kind)).toEqual(["image", "job", "service", "site"]);
  expect(stack.secrets.map(({ name }) => name)).not.toContain("REDIS_URL");
  expect(JSON.stringify(stack)).not.toContain("botbalance-");
  expect(JSON.stringify(changed)).toContain("SMOKE_CHANGE");
});

test("everything that the throwaway stack has is removed by name, and nothing of the real one", () => {
  const { stack } = throwawayStack({ ...options, redis: true });
  const commands = removalCommands(stack, false).map((args) => args.join(" "));
  for (const name of [
    "smoke-a1b2-api",
    "smoke-a1b2-worker",
    "smoke-a1b2-migrate",
    "smoke-a1b2-db",
    "empty-project-smoke-a1b2",
    "empty-project-deploy-state",
    "REDIS_URL",
  ]) {
    expect(commands.filter((command) => command.includes(name))).not.toEqual([]);
  }
  for (const command of commands)
    expect(command).toMatch(/--project empty-project|remove-iam-policy-binding empty-project/);
  expect(commands.join("\n")).not.toMatch(/botbalance|gh-deployer/);
});

test("the account that deploys goes only with the run that made it, after its roles", () => {
  const { stack } = throwawayStack({ ...options, redis: true });
  const deployer = removalCommands(stack, true)
    .map((args) => args.join(" "))
    .filter((command) => command.includes("gh-deployer@empty-project"));
  expect(deployer.at(-1)).toMatch(/^iam service-accounts delete /);
  expect(deployer.slice(0, -1).every((command) => command.startsWith("projects remove-iam-policy-binding"))).toBe(true);
  expect(deployer.join("\n")).toContain("roles/run.developer");
});

test.each([
  [0, "", true],
  [1, "ERROR: (gcloud.iam.service-accounts.describe) NOT_FOUND: Unknown service account", false],
  [1, "ERROR: (gcloud.iam.service-accounts.describe) PERMISSION_DENIED: denied (or it may not exist)", true],
  [1, "ERROR: gcloud crashed (ConnectionError): Max retries exceeded", true],
  [127, "bash: gcloud: command not found", true],
])("an account is somebody's unless gcloud says that there is none: %i %j", (exitCode, stderr, expected) => {
  expect(mayExist({ exitCode, stderr })).toBe(expected);
});
