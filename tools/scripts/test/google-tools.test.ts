import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { runClassicScript, type ScriptRun } from "../src/classic-script/run-classic-script.mts";
import { judgeClassicScript, placeholders } from "./google-tools/classic-script.ts";
import { judgeJobs } from "./google-tools/jobs.ts";
import { judgeProject } from "./google-tools/project.ts";
import { judgeRun } from "./google-tools/run.ts";
import { judgeSecrets } from "./google-tools/secrets.ts";
import { createSession, type Session } from "./google-tools/session.ts";
import { judgeStorage } from "./google-tools/storage.ts";
import { type SmallCloud, startSmallCloud } from "./support/small-cloud.ts";
import { describeWithTools } from "./support/with-tools.ts";

describeWithTools(["gcloud", "gsutil", "buildah", "skopeo"], "Google's own tools", () => {
  let cloud: SmallCloud;
  let script: ScriptRun;
  let session: Session;
  const use = (): Session => session;
  beforeAll(async () => {
    // What never listens is given up as on Google, but sooner.
    cloud = await startSmallCloud({ startupMs: 6000 });
    script = await runClassicScript({ folder: cloud.folder, dataDir: join(cloud.folder, "cloud") }, placeholders);
    session = createSession(script, cloud.url);
  }, 400_000);
  afterAll(() => cloud.stop(), 60_000);

  judgeClassicScript(() => ({ session, steps: script.steps, folder: cloud.folder }));
  judgeProject(use);
  judgeRun(use);
  judgeJobs(use);
  judgeSecrets(use);
  judgeStorage(use);
});
