// https://cloud.google.com/run/docs/create-jobs and execute/jobs
import { describe, expect, it } from "vitest";
import { parent, useRunCloud } from "./run-suite.ts";

const suite = useRunCloud();
const { call, executions, image, job, tasks } = suite;
const soon = { timeout: 15_000, interval: 20 };

type Template = { readonly [field: string]: unknown };

const create = async (
  jobId: string,
  script: string,
  task: Template = {},
  execution: Template = {},
  container: Template = {},
) => {
  const containers = [{ image: await image(jobId, script), ...container }];
  const given = { template: { ...execution, template: { containers, maxRetries: 0, ...task } } };
  const [operation] = await suite.cloud().clients.jobs.createJob({ parent, jobId, job: given } as never);
  await operation.promise();
  return job(jobId);
};

const run = async (jobId: string, overrides: object = {}) => {
  const [operation] = await suite.cloud().clients.jobs.runJob({ name: `${parent}/jobs/${jobId}`, overrides } as never);
  const [execution] = await operation.promise();
  return execution;
};

const failure = (promise: Promise<unknown>): Promise<{ readonly code: number; readonly message: string }> =>
  promise.then(
    () => ({ code: 0, message: "" }),
    (error: { code: number; message: string }) => error,
  );

const tell = `console.log(JSON.stringify({ message: "task", argv: process.argv.slice(2), env: process.env }))`;

const told = (id: string): readonly { argv: readonly string[]; env: Readonly<Record<string, string>> }[] =>
  suite
    .cloud()
    .logs.read({ project: "demo", name: id }, 100)
    .flatMap(({ jsonPayload }) => (jsonPayload?.["message"] === "task" ? [jsonPayload as never] : []));

describe("a job", () => {
  it("is ready when it is written, and executes to the end", async () => {
    const created = await create("once", tell, {}, {}, { args: ["migrate"] });
    expect(created).toMatchObject({
      generation: "1",
      observedGeneration: "1",
      executionCount: 0,
      terminalCondition: { state: "CONDITION_SUCCEEDED" },
    });
    const execution = await run("once");
    expect(execution).toMatchObject({ succeededCount: 1, failedCount: 0, taskCount: 1 });
    expect(execution.name).toMatch(new RegExp(`^${parent}/jobs/once/executions/once-[a-z0-9]{5}$`));
    const [only] = told("once");
    expect(only?.argv).toEqual(["migrate"]);
    expect(only?.env).toMatchObject({
      ...{ CLOUD_RUN_JOB: "once", CLOUD_RUN_TASK_INDEX: "0", CLOUD_RUN_TASK_ATTEMPT: "0", CLOUD_RUN_TASK_COUNT: "1" },
      CLOUD_RUN_EXECUTION: execution.name?.split("/").at(-1),
    });
    expect(only?.env).not.toHaveProperty("PORT");
    expect(await job("once")).toMatchObject({
      executionCount: 1,
      latestCreatedExecution: { name: execution.name, completionStatus: "EXECUTION_SUCCEEDED" },
    });
  });

  it("that fails fails its operation, with its exit code in the task and its lines in the log", async () => {
    await create("bad", "console.error('relation \"users\" already exists'); process.exit(3)");
    const error = await failure(run("bad"));
    expect(error).toMatchObject({
      code: 2,
      message: expect.stringMatching(/Execution bad-\w{5} has failed to complete, 0\/1 tasks were a success\./),
    });
    const [execution] = await executions("bad");
    expect(execution).toMatchObject({
      failedCount: 1,
      retriedCount: 0,
      conditions: [{ type: "Completed", state: "CONDITION_FAILED", executionReason: "NON_ZERO_EXIT_CODE" }, {}, {}, {}],
    });
    expect(await tasks(execution?.name ?? "")).toMatchObject([
      {
        index: 0,
        retried: 0,
        lastAttemptResult: { exitCode: 3, status: { message: "The container exited with an error." } },
      },
    ]);
    expect(suite.cloud().lines("bad")).toEqual(
      expect.arrayContaining(['relation "users" already exists', "Container called exit(3)."]),
    );
  });

  it("retries a task as often as it may, three times where nothing is said", async () => {
    const flaky = `${tell}; process.exit(process.env.CLOUD_RUN_TASK_ATTEMPT === "2" ? 0 : 1)`;
    await create("flaky", flaky, { maxRetries: 2 });
    expect(await run("flaky")).toMatchObject({ succeededCount: 1, retriedCount: 1 });
    expect(told("flaky").map(({ env }) => env["CLOUD_RUN_TASK_ATTEMPT"])).toEqual(["0", "1", "2"]);
    const unsaid = { template: { template: { containers: [{ image: await image("unsaid", "process.exit(1)") }] } } };
    await call("POST", `${parent}/jobs?jobId=unsaid`, unsaid);
    expect((await job("unsaid")).template.template?.maxRetries).toBe(3);
  });

  it("runs its tasks in parallel, as many at once as it may", async () => {
    const script = `const { CLOUD_RUN_TASK_INDEX: index } = process.env; console.log("begin " + index); setTimeout(() => console.log("end " + index), 150)`;
    await create("many", script, {}, { taskCount: 4, parallelism: 2 });
    expect(await run("many")).toMatchObject({ succeededCount: 4, parallelism: 2 });
    const lines = suite
      .cloud()
      .lines("many")
      .filter((line) => /^(begin|end)/.test(line));
    let running = 0;
    const peaks = lines.map((line) => (running += line.startsWith("begin") ? 1 : -1));
    expect(Math.max(...peaks)).toBe(2);
  });

  it("is executed with what overrides it", async () => {
    await create(
      "overridden",
      tell,
      {},
      {},
      {
        args: ["one"],
        env: [
          { name: "A", value: "1" },
          { name: "B", value: "1" },
        ],
      },
    );
    const containerOverrides = [{ args: ["two"], env: [{ name: "B", value: "2" }] }];
    expect(await run("overridden", { containerOverrides, taskCount: 2 })).toMatchObject({ succeededCount: 2 });
    expect(told("overridden").map(({ argv, env }) => [argv, env["A"], env["B"]])).toEqual([
      [["two"], "1", "2"],
      [["two"], "1", "2"],
    ]);
    expect((await job("overridden")).template.template?.containers?.[0]?.args).toEqual(["one"]);
  });

  it("is ended when a task takes longer than it may", async () => {
    await create("slow", "setInterval(() => {}, 1000)", { timeout: { seconds: 1 } });
    expect(await failure(run("slow"))).toMatchObject({ code: 2 });
    const [execution] = await executions("slow");
    const [task] = await tasks(execution?.name ?? "");
    expect(task?.lastAttemptResult?.status.message).toBe("The configured timeout was reached.");
  });

  it("is cancelled: its tasks get SIGTERM", async () => {
    await create(
      "cancelled",
      "process.on('SIGTERM', () => { console.log('bye'); process.exit(1) }); setInterval(() => {}, 1000); console.log('up')",
      { maxRetries: 3 },
    );
    const [operation] = await suite.cloud().clients.jobs.runJob({ name: `${parent}/jobs/cancelled` });
    await expect.poll(() => suite.cloud().lines("cancelled"), soon).toContain("up");
    const [running] = await executions("cancelled");
    expect(running).toMatchObject({
      runningCount: 1,
      conditions: [{ type: "Completed", state: "CONDITION_RECONCILING" }, {}, {}, {}],
    });
    const [cancel] = await suite.cloud().clients.executions.cancelExecution({ name: running?.name ?? "" });
    const [execution] = await cancel.promise();
    expect(execution).toMatchObject({ cancelledCount: 1, failedCount: 0, retriedCount: 0 });
    expect(await failure(operation.promise())).toMatchObject({ code: 2 });
    expect(suite.cloud().lines("cancelled")).toContain("bye");
  });

  it("resolves its image when it is executed", async () => {
    const reference = await image("moving", "console.log('old')");
    const containers = [{ image: reference.replace(/@.*/, ":latest") }];
    await call("POST", `${parent}/jobs?jobId=moving`, { template: { template: { containers, maxRetries: 0 } } });
    await image("moving", "console.log('new')");
    await run("moving");
    expect(suite.cloud().lines("moving")).toContain("new");
    await call("POST", `${parent}/jobs?jobId=imageless`, {
      template: { template: { containers: [{ image: "demo/images/none" }], maxRetries: 0 } },
    });
    expect(await failure(run("imageless"))).toMatchObject({ code: 2 });
    const [execution] = await executions("imageless");
    expect(execution?.failedCount).toBe(1);
  });

  it("is deleted with its executions", async () => {
    await create("deleted", tell);
    await run("deleted");
    const [execution] = await executions("deleted");
    const [operation] = await suite.cloud().clients.jobs.deleteJob({ name: `${parent}/jobs/deleted` });
    await operation.promise();
    expect((await call("GET", `${parent}/jobs/deleted`)).status).toBe(404);
    expect((await call("GET", execution?.name ?? "")).status).toBe(404);
  });

  it("fails without being run where that fault was ordered", async () => {
    await create("faulted", tell);
    const match = { subject: "google.cloud.run.v2.Jobs.RunJob" };
    const consumed = await suite
      .cloud()
      .cloud.orderFault({ match, fault: { kind: "operation-failure", message: "internal trouble" }, times: 1 });
    expect(await failure(run("faulted"))).toMatchObject({
      code: 13,
      message: expect.stringContaining("internal trouble"),
    });
    expect(await consumed()).toBe(1);
    expect(await executions("faulted")).toEqual([]);
    expect(await run("faulted")).toMatchObject({ succeededCount: 1 });
  });

  it("is refused where its quota is used up by an ordered fault, and nothing has changed", async () => {
    const before = await create("limited", tell);
    const match = { subject: "limited" };
    const consumed = await suite.cloud().cloud.orderFault({ match, fault: { kind: "quota" } });
    const refused = await call<{ error: object }>("POST", `${parent}/jobs/limited:run`, {});
    expect(refused).toMatchObject({ status: 429, json: { error: { status: "RESOURCE_EXHAUSTED" } } });
    expect([await consumed(), await job("limited")]).toEqual([1, before]);
  });
});
