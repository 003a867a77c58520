import { createStorageServices } from "../../src/storage/storage-service.ts";
import { type StartOptions, startCloud } from "./start-cloud.ts";

/** A cloud that serves Cloud Storage and nothing else. */
export const startStorage = (options: StartOptions = {}) =>
  startCloud({
    services: (context) => {
      const { json, xml } = createStorageServices(context);
      return [json, xml];
    },
    ...options,
  });
