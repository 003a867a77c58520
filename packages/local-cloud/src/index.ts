export { readServerInfo, type ServerInfo } from "./control/data-dir.ts";
export { certificateFile, ensureCertificate } from "./grpc/certificate.ts";
export { type LocalCloud, type LocalCloudOptions, startLocalCloud } from "./local-cloud.ts";
export { LocalCloudError, type LocalCloudErrorCode } from "./local-cloud-error.ts";
export type { IamMode, PermissionUse } from "./server/authorization.ts";
export type { CounterReport } from "./server/counters.ts";
export type { Fault, FaultMatch, FaultRule } from "./server/fault-rule.ts";
