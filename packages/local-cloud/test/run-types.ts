export type { Execution, Job, Revision, Service, Task, WorkerPool } from "../src/run/model.ts";
export type { Operation } from "../src/run/operations.ts";
