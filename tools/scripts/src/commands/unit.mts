// What an Nx deploy task runs: releases one unit of the stack into the environment of DEPLOY_ENV or `-c`. No arguments
// but the unit's name, because Nx passes none to the tasks that a task depends on; DEPLOY_PLAN=1 only says what would be.
import { relayUnit } from "../units/relay-unit.mts";

const unit = process.argv[2] ?? "";
const socket = process.env["DEPLOY_UNITS"];
const exitCode = socket ? await relayUnit(unit, socket) : undefined;
if (exitCode !== undefined) process.exit(exitCode);

// Loaded where it is needed.
const [{ runInEnvironment }, { releaseOne }] = await Promise.all([
  import("../session.mts"),
  import("../units/release-one.mts"),
]);
await runInEnvironment({ json: process.env["DEPLOY_JSON"] === "1" }, (session) => releaseOne(unit, session));
