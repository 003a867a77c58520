// Google's own tools take the local cloud for Google: the classic script, and what a team types beside it and after it.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judgeClassicScript } from "./google-tools/classic-script.ts";
import { judgeJobs } from "./google-tools/jobs.ts";
import { judgeProject } from "./google-tools/project.ts";
import { judgeRun } from "./google-tools/run.ts";
import { judgeSecrets } from "./google-tools/secrets.ts";
import { createSession, type Session } from "./google-tools/session.ts";
import { judgeGsutil, judgeStorage } from "./google-tools/storage.ts";
import { ask } from "./support/ask.ts";
import { type SmallCloud, startSmallCloud } from "./support/small-cloud.ts";
import { describeWithTools } from "./support/with-tools.ts";

describeWithTools(["gcloud", "gsutil", "buildah", "skopeo"], "Google's own tools", () => {
  let cloud: SmallCloud | undefined;
  let session: Session | undefined;
  const use = (): Session => {
    if (!session) throw new Error("the cloud has not started");
    return session;
  };
  beforeAll(async () => {
    // What never listens is given up as on Google, but sooner.
    cloud = await startSmallCloud({ startupMs: 6000 });
    session = await createSession(cloud);
  });
  afterAll(async () => {
    // An image's root may not be written to by its owner, so only buildah can remove it for others than root.
    await session?.shell("docker rmi --all --force");
    await cloud?.stop();
  });

  describe("on an empty cloud", () => {
    judgeClassicScript(use);
    judgeSecrets(use);
    judgeStorage(use);
  });
  describe("on what the script made", () => {
    judgeRun(use);
    judgeJobs(use);
    judgeProject(use);
    judgeGsutil(use);
  });
  test("ask for nothing that the local cloud does not know", async () => {
    const { counters } = (await ask(`${use().url}/_local/status`)).json() as { counters: { errors: object } };
    expect(counters.errors).toHaveProperty(["run.namespaces.services.get"]);
    expect(counters.errors).not.toHaveProperty("unknown");
  });
});
