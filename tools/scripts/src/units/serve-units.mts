// Releases units for the tasks of one run of Nx, over a socket: the SDK is loaded, the stack resolved and the commit read
// once for all of them. Each unit is observed and planned anew when its task asks for it.
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Commit } from "@slipway/deploy-sdk/release";
import { createPresenter, type Output, type Presenter } from "../present/presenter.mts";
import { attempt } from "../run-command.mts";
import { commitOf, hintAtLocalCloud, type Session } from "../session.mts";
import { sameVariables, type UnitAnswer, type UnitRequest, variablesOf } from "./protocol.mts";
import { releaseOne } from "./release-one.mts";

type Say = (answer: UnitAnswer) => void;

/** Presents on the terminal, or the lack of one, that the task has. */
function presenterFor({ isTTY, columns }: UnitRequest, say: Say): Presenter {
  const stderr: Output["stderr"] = {
    write: (text) => say({ stderr: text }),
    ...{ isTTY, ...(columns !== undefined && { columns }) },
  };
  return createPresenter(
    { stdout: { write: (text) => say({ stdout: text }) }, stderr },
    {
      json: process.env["DEPLOY_JSON"] === "1",
      color: isTTY && !process.env["NO_COLOR"],
      now: () => performance.now(),
    },
  );
}

type Serving = {
  readonly session: Session;
  readonly commit: Promise<Commit>;
  readonly tell: (exitCode: number) => void;
};

async function serveUnit(socket: Socket, { session, commit, tell }: Serving): Promise<void> {
  const gone = new AbortController();
  // A task that is told to stop ends its half of the line; one that is killed loses both.
  socket.once("end", () => gone.abort()).once("close", () => gone.abort());
  const lines = createInterface({ input: socket });
  // It repeats the socket's errors: unheard, that of one task which is killed would end the release of all.
  lines.on("error", () => gone.abort());
  const [line] = await once(lines, "line", { signal: gone.signal });
  const request: UnitRequest = JSON.parse(line);
  if (!sameVariables(request.variables, variablesOf(process.env))) return;
  const say: Say = (answer) => socket.write(`${JSON.stringify(answer)}\n`);
  const signal = AbortSignal.any([session.signal, gone.signal]);
  const exitCode = await attempt({ signal, present: presenterFor(request, say) }, (context) =>
    releaseOne(request.unit, { ...session, ...context }, commit).catch((error: unknown) => {
      throw hintAtLocalCloud(error, session.stack);
    }),
  );
  tell(exitCode);
  say({ exitCode });
}

/**
 * Serves until `session.signal` is aborted; then what is under way ends at a safe point first.
 * @param tell hears each unit's exit code, before its task does
 */
export async function serveUnits(path: string, session: Session, tell: Serving["tell"]): Promise<void> {
  const { signal } = session;
  const commit = commitOf(session);
  // Told to each task that asks.
  commit.catch(() => {});
  const underWay = new Set<Promise<void>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    const served = serveUnit(socket, { session, commit, tell })
      .catch(() => {})
      .finally(() => {
        socket.end();
        underWay.delete(served);
      });
    underWay.add(served);
  });
  await once(server.listen(path), "listening");
  if (!signal.aborted) await once(signal, "abort");
  server.close();
  await Promise.all(underWay);
}
