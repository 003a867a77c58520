// A local cloud to be killed: prints its address, serves until SIGTERM.
import { startLocalCloud } from "../src/local-cloud.ts";
import { createPlatform } from "../src/platform.ts";

const cloud = await startLocalCloud({
  dataDir: process.argv[2] ?? "",
  services: (context) => createPlatform(context, { logs: { read: () => [] } }).services,
});
process.once("SIGTERM", () => void cloud.stop());
process.stdout.write(`${cloud.url}\n`);
