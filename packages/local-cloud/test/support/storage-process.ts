// A cloud of its own process, to be killed: `node storage-process.ts FOLDER` prints its address.
import { startLocalCloud } from "../../src/local-cloud.ts";
import { createStorageServices } from "../../src/storage/storage-service.ts";

const cloud = await startLocalCloud({
  dataDir: process.argv[2] ?? "",
  services: (context) => {
    const { json, xml } = createStorageServices(context);
    return [json, xml];
  },
});
process.stdout.write(`${cloud.url}\n`);
