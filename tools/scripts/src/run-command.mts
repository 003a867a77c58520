// The edge of every command: signals, output, the one catch, the exit code.
import { type PresentedError, presentError } from "./present/error.mts";
import { createPresenter, type Presenter } from "./present/presenter.mts";

export type CommandContext = {
  /** Aborted by Ctrl-C, SIGTERM and a terminal that is closed. */
  readonly signal: AbortSignal;
  readonly present: Presenter;
};

const interrupted: PresentedError = {
  exitCode: 130,
  code: "aborted",
  subject: "this command",
  message: "was interrupted",
  details: [],
  hint: "run it again: it goes on from what is done",
};

/** The exit code of `command`; what it throws is presented. */
export async function attempt(
  context: CommandContext,
  command: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const { signal, present } = context;
  const exitCode = await command(context).catch((error: unknown) => {
    const presented = signal.aborted ? interrupted : presentError(error);
    present.error(presented);
    return presented.exitCode;
  });
  present.end();
  return exitCode;
}

/** A reader that has seen enough (`| head -1`) must not end a release halfway: what it would have been told is dropped. */
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
}

/**
 * Runs a command and ends the process with its code. The first signal asks the command to stop at a safe point; a
 * second one ends it at once.
 */
export async function runCommand(
  options: { readonly json: boolean },
  command: (context: CommandContext) => Promise<number>,
): Promise<never> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", stop);
  ignoreClosedOutput();
  const color = process.stderr.isTTY === true && !process.env["NO_COLOR"];
  const present = createPresenter(process, { json: options.json, color, now: () => performance.now() });
  process.exit(await attempt({ signal: controller.signal, present }, command));
}
