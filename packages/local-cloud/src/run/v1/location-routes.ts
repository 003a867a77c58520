// Regions of Cloud Run: gcloud asks for them when a name is not found, to tell a wrong region from a wrong name.
import type { JsonObject } from "../../json/json-object.ts";
import type { Route } from "../../server/types.ts";
import { route } from "./v1-route.ts";

/** https://cloud.google.com/run/docs/locations */
const regions = [
  ...["africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3"],
  ...[
    "asia-south1",
    "asia-south2",
    "asia-southeast1",
    "asia-southeast2",
    "australia-southeast1",
    "australia-southeast2",
  ],
  ...["europe-central2", "europe-north1", "europe-southwest1", "europe-west1", "europe-west2", "europe-west3"],
  ...["europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west10", "europe-west12"],
  ...[
    "me-central1",
    "me-central2",
    "me-west1",
    "northamerica-northeast1",
    "northamerica-northeast2",
    "northamerica-south1",
  ],
  ...["southamerica-east1", "southamerica-west1", "us-central1", "us-east1", "us-east4", "us-east5", "us-south1"],
  ...["us-west1", "us-west2", "us-west3", "us-west4"],
];

const renderLocation = (project: string, region: string): JsonObject => ({
  name: `projects/${project}/locations/${region}`,
  locationId: region,
  displayName: region,
  labels: { "cloud.googleapis.com/region": region },
});

export const locationRoutes = (): readonly Route[] => [
  route("GET", "/v1/projects/{project}/locations", "projects.locations.list", undefined, ({ params }) => ({
    locations: regions.map((region) => renderLocation(params["project"] ?? "", region)),
  })),
];
