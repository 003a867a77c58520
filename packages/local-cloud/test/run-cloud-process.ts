// A cloud to be killed: serves Cloud Run on the folder that it is given, with an image `app` that runs a script of the
// folder's, prints its port and the image's reference, and ends on SIGTERM.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startRunCloud } from "./run-cloud.ts";
import { createTestImages } from "./runtime-images.ts";

const folder = process.argv[2] ?? "";
const script = join(folder, "app.js");
const images = createTestImages(folder);
const image = existsSync(script)
  ? await images.add("app", [{ name: "app/main.js", content: readFileSync(script, "utf8") }], {
      Entrypoint: ["node", "/app/main.js"],
    })
  : "";
const cleanups: (() => Promise<void> | void)[] = [];
const { cloud } = await startRunCloud({
  folder,
  images,
  startupMs: 8_000,
  onEnd: (cleanup) => void cleanups.push(cleanup),
});
process.once("SIGTERM", async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});
process.stdout.write(`${JSON.stringify({ port: cloud.port, image })}\n`);
