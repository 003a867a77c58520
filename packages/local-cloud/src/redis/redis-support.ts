// What the fields of an instance come to here.
// https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances
import type { MessageSupport } from "../server/field-support.ts";

/** Shown by the cloud; clients send them back. */
const shown = "name state createTime host port currentLocationId";
const network = "an instance listens on loopback";
const oneServer = "an instance is one server on this machine";

export const redisSupport: MessageSupport = {
  done: `${shown} displayName labels memorySizeGb authEnabled redisVersion redisConfigs transitEncryptionMode`,
  ignored: {
    tier: "STANDARD_HA has no replica",
    authorizedNetwork: network,
    connectMode: network,
    reservedIpRange: network,
    secondaryIpRange: network,
    locationId: oneServer,
    alternativeLocationId: oneServer,
  },
};
