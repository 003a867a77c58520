// The set-up that is pasted by hand, run by Google's own tools, and what this repository does instead: the whole from
// nothing, and once more with nothing to do. Both against a local cloud that runs already.
import { join } from "node:path";
import { readSteps, type Step } from "../classic-script/classic-script.mts";
import { type GoogleShell, openGoogleShell } from "../classic-script/google-shell.mts";
import { writeProduct } from "../classic-script/write-product.mts";
import { type Place, withCloud } from "./bench-cloud.mts";
import type { Measured } from "./figures.mts";
import type { Part } from "./part.mts";
import { findFreePort, noop, start, withoutCaches } from "./stack-runs.mts";

const figures = [
  {
    key: "script",
    what: "the classic script's content from nothing, by gcloud, gsutil and buildah, but for its worker, which never starts",
    kind: "ms",
  },
  {
    key: "scriptAgain",
    what: "its everyday steps with nothing changed: build, push, deploy of the API, site",
    kind: "ms",
  },
  {
    key: "stack",
    what: "whole stack from nothing, worker and migration included: provision, then `nx run-many -t deploy`",
    kind: "ms",
  },
  { key: "stackAgain", what: "`nx run-many -t deploy` with nothing changed", kind: "ms" },
] as const satisfies Part["figures"];

const placeholders = {
  STRONG_PASSWORD: "s7rong-Passw0rd",
  your_django_secret: "django-secret",
  REDIS_URL_FROM_UPSTASH: "rediss://default:token@upstash.example:6379",
  FERNET_KEY: "bG9jYWwta2V5LW9mLTMyLWJ5dGVzLWZvci10ZXN0cyE=",
};

/** The worker waits a minute for a port that Celery never opens; the way back names no revision. */
const cannotSucceed = /^(8|13) /;
const everyday = /^7 |^10 site/;

/** @returns milliseconds of all of them. */
async function run(shell: GoogleShell, steps: readonly Step[]): Promise<number> {
  let tookMs = 0;
  for (const { title, commands } of steps) {
    const ran = await shell(commands);
    if (ran.code !== 0) throw new Error(`the classic script failed at "${title}": ${ran.stderr}`);
    tookMs += ran.tookMs;
  }
  return tookMs;
}

const runScript = (place: Place, folder: string): Promise<Measured<"script" | "scriptAgain">> =>
  withCloud(place, async () => {
    writeProduct(folder);
    const shell = await openGoogleShell({ dataDir: place.dataDir, folder });
    const { stdout: project } = await shell('echo -n "$CLOUDSDK_CORE_PROJECT"');
    const steps = readSteps({ ...placeholders, GCP_PROJECT: project }).filter(
      ({ title }) => !cannotSucceed.test(title),
    );
    try {
      const script = await run(shell, steps);
      return {
        script,
        scriptAgain: await run(
          shell,
          steps.filter(({ title }) => everyday.test(title)),
        ),
      };
    } finally {
      // An image's root may not be written to by its owner: only buildah can remove it for others than root.
      await shell("docker rmi --all --force");
    }
  });

export const classic: Part<(typeof figures)[number]["key"]> = {
  title: "The classic script",
  needs: ["gcloud", "gsutil", "buildah"],
  figures,
  measure: async ({ folder, signal, say }) => {
    say("the classic script");
    const script = await runScript({ dataDir: join(folder, "cloud"), port: 0, signal }, folder);
    say("the whole stack");
    const place = { dataDir: join(folder, "stack"), port: await findFreePort(), signal };
    const { provisionMs, deployMs } = await withoutCaches(folder, (env) => start(place, env));
    return { ...script, stack: provisionMs + deployMs, stackAgain: await withCloud(place, noop) };
  },
};
