// The classic script, run against a local cloud by Google's own tools.
import { type GoogleShell, openGoogleShell, type Ran, type ShellOptions } from "./google-shell.mts";
import { type Placeholders, readSteps, type Step } from "./read-steps.mts";
import { writeProduct } from "./write-product.mts";

export type StepRun = Step & Ran;

export type ScriptRun = {
  readonly project: string;
  readonly steps: readonly StepRun[];
  /** The shell that it ran in. */
  readonly shell: GoogleShell;
};

/**
 * Runs every step, also after one that failed, in a folder which gets a product and whatever the script writes.
 * @param placeholders but for the project, which is the one that the environment names
 */
export async function runClassicScript(
  options: ShellOptions,
  placeholders: Omit<Placeholders, "GCP_PROJECT">,
): Promise<ScriptRun> {
  writeProduct(options.folder);
  const shell = await openGoogleShell(options);
  const { stdout: project } = await shell('echo -n "$CLOUDSDK_CORE_PROJECT"');
  const steps: StepRun[] = [];
  for (const step of readSteps({ ...placeholders, GCP_PROJECT: project })) {
    steps.push({ ...step, ...(await shell(step.commands)) });
  }
  return { project, steps, shell };
}
