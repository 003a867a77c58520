// One stack, brought up once, through the releases of several commits: what each redeploys, the way back from it, and a
// migration that stands before all.
import { afterAll, beforeAll } from "vitest";
import { judgeAffected } from "./releases/affected.ts";
import { judgeMigration } from "./releases/migration.ts";
import { judgeFirstRelease, judgeRollback } from "./releases/rollback.ts";
import { createSession, type Session } from "./releases/session.ts";
import { createPlace, type Place, stopStack } from "./support/stack-up.ts";

let place: Place;
let session: Session | undefined;
const use = (): Session => {
  if (!session) throw new Error("the stack is not up");
  return session;
};
beforeAll(async () => {
  place = await createPlace();
  session = await createSession(place);
}, 240_000);
afterAll(async () => {
  await stopStack(session?.stack);
  await place.remove();
}, 60_000);

judgeFirstRelease(use);
judgeAffected(use);
judgeRollback(use);
judgeMigration(use);
