// What the fields of an instance come to here. https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances
import type { MessageSupport } from "../server/field-support.ts";

/** Shown by the cloud; clients send them back. */
const shown =
  "kind project state backendType instanceType selfLink connectionName etag createTime gceZone ipAddresses databaseInstalledVersion";

export const instanceSupport: MessageSupport = { done: `name databaseVersion region rootPassword settings ${shown}` };

const oneServer = "an instance is one server on this machine";
const disk = "an instance has this machine's disk";
const network = "an instance is reached by its socket alone";
const noBackups = "there are no backups";

export const settingsSupport: MessageSupport = {
  done: "kind settingsVersion tier edition activationPolicy databaseFlags deletionProtectionEnabled userLabels",
  ignored: {
    tier: "checked against the edition; a server has all of this machine",
    availabilityType: oneServer,
    locationPreference: oneServer,
    pricingPlan: "nothing is billed",
    replicationType: oneServer,
    dataDiskType: disk,
    dataDiskSizeGb: disk,
    storageAutoResize: disk,
    storageAutoResizeLimit: disk,
    ipConfiguration: network,
    connectorEnforcement: network,
    backupConfiguration: noBackups,
    retainBackupsOnDelete: noBackups,
    finalBackupConfig: noBackups,
    maintenanceWindow: "nothing is maintained",
    denyMaintenancePeriods: "nothing is maintained",
    insightsConfig: "there are no insights",
    dataCacheConfig: "there is no data cache",
    enableDataplexIntegration: "there is no catalogue",
    enableGoogleMlIntegration: "there is no machine learning",
  },
};
