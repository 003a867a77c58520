export { ConfigError, type ConfigErrorCode, type ConfigIssue } from "./config-error.ts";
export { defineStack, stackIssues } from "./define-stack.ts";
export { environmentNames, type ResolveOptions, resolveStack, staticFacts } from "./resolve-stack.ts";
export type {
  Container,
  Database,
  Environment,
  ImageUnit,
  JobUnit,
  Probe,
  Redis,
  Secret,
  ServiceUnit,
  SitePurge,
  SiteUnit,
  Stack,
  Unit,
  UnitKind,
  WorkerUnit,
} from "./stack.ts";
export { expandTemplate, templateReferences } from "./template.ts";
export type { WrittenStack } from "./written.ts";
