// `npm start` as a newcomer has it: from nothing, again, serving; parts of it that go and come back; where its secrets are,
// after all of that; Ctrl-C.
import { afterAll, beforeAll, describe } from "vitest";
import { judgeBringUp, judgeCtrlC, judgePage } from "./running/bring-up.ts";
import { judgeOutages } from "./running/outage.ts";
import { judgeSecrets } from "./running/secrets.ts";
import { createSession, type Serving, type Session } from "./running/session.ts";

let session: Session | undefined;
let serving: Serving | undefined;
const use = (): Session => {
  if (!session) throw new Error("the first start has not ended");
  return session;
};
const look = (): Serving => {
  if (!serving) throw new Error("the stack does not serve");
  return serving;
};
beforeAll(async () => {
  session = await createSession();
}, 300_000);
afterAll(() => session?.end(), 60_000);

judgeBringUp(use);
describe("while it serves", () => {
  beforeAll(async () => {
    serving = await use().serve();
  }, 180_000);

  judgePage(look);
  judgeOutages(look);
  judgeSecrets(use, look);
  judgeCtrlC(use, look);
});
