import { type Drivers, prepareWith } from "./engine/drivers.ts";
import { imageDriver } from "./image/image-driver.ts";
import { jobDriver } from "./job/job-driver.ts";
import { serviceDriver } from "./service/service-driver.ts";
import { siteDriver } from "./site/site-driver.ts";
import { workerDriver } from "./worker/worker-driver.ts";

/** What releases each kind of unit. */
export const drivers: Drivers = {
  image: prepareWith(imageDriver),
  job: prepareWith(jobDriver),
  service: prepareWith(serviceDriver),
  worker: prepareWith(workerDriver),
  site: prepareWith(siteDriver),
};
