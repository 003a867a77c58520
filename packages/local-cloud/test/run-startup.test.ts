// What becomes of revisions that do not start: https://cloud.google.com/run/docs/troubleshooting
import { describe, expect, it } from "vitest";
import { ask, serverScript } from "./run-cloud.ts";
import { parent, parsed, useRunCloud } from "./run-suite.ts";

const suite = useRunCloud();
const { create, image, service, update } = suite;

type Refused = { readonly code: number; readonly message: string };
const refusal = (promise: Promise<unknown>): Promise<Refused> =>
  promise.then(
    () => ({ code: 0, message: "" }),
    (error: Refused) => error,
  );

const neverListened = (revision: string): string =>
  `Revision '${revision}' is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout is too short. The health check timeout can be extended. Logs for this revision might contain more information.`;

const condition = async (id: string) => {
  const { terminalCondition, latestCreatedRevision = "", latestReadyRevision } = await service(id);
  return {
    terminalCondition,
    revision: latestCreatedRevision.slice(latestCreatedRevision.lastIndexOf("/") + 1),
    latestReadyRevision,
  };
};

describe("a revision that does not start", () => {
  it("never listens: the operation fails with Google's sentence, and the log has its last lines", async () => {
    const error = await refusal(
      create("deaf", await image("deaf", "console.log('I only work'); setInterval(() => {}, 1000)")),
    );
    const { terminalCondition, revision, latestReadyRevision } = await condition("deaf");
    expect(error.code).toBe(9);
    expect(error.message).toContain(neverListened(revision));
    expect(terminalCondition).toMatchObject({
      state: "CONDITION_FAILED",
      revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
    });
    expect(latestReadyRevision).toBeUndefined();
    const lines = suite.cloud().lines("deaf");
    expect(lines).toContain("I only work");
    expect(lines.join("\n")).toContain(
      'Default STARTUP TCP probe failed 1 time consecutively for container "placeholder-1" on port 8080.',
    );
    expect((await ask((await service("deaf")).uri)).status).toBe(503);
  });

  it("exits: said at once, with its exit code in the log", async () => {
    const error = await refusal(create("crash", await image("crash", "console.error('no database'); process.exit(7)")));
    expect(error).toMatchObject({ code: 9, message: expect.stringContaining("failed to start and listen") });
    expect(suite.cloud().lines("crash")).toEqual(expect.arrayContaining(["no database", "Container called exit(7)."]));
  });

  it("listens on localhost only: refused here as on Google, and the log says why", async () => {
    const script = "require('http').createServer((q, s) => s.end()).listen(process.env.PORT, '127.0.0.1')";
    expect(await refusal(create("local", await image("local", script)))).toMatchObject({ code: 9 });
    expect(suite.cloud().lines("local").join("\n")).toContain("must listen on 0.0.0.0");
  });

  it("has a command that its image lacks", async () => {
    const container = { image: await image("lacking"), command: ["celery"], args: ["-A", "app", "worker"] };
    expect(await refusal(create("lacking", "", { containers: [container] }))).toMatchObject({ code: 9 });
    expect(suite.cloud().lines("lacking").join("\n")).toContain('error finding executable "celery" in PATH');
  });

  it("has an image that does not exist", async () => {
    const reference = "asia-southeast1-docker.pkg.dev/demo/images/none:latest";
    const error = await refusal(create("imageless", reference));
    expect(error).toMatchObject({ code: 5, message: expect.stringContaining(`Image '${reference}' not found.`) });
    expect((await condition("imageless")).terminalCondition).toMatchObject({ reason: "CONTAINER_MISSING" });
  });

  it("needs a secret that cannot be read", async () => {
    const env = [{ name: "TOKEN", valueSource: { secretKeyRef: { secret: "missing", version: "latest" } } }];
    const error = await refusal(create("secretless", "", { containers: [{ image: await image("secretless"), env }] }));
    expect(error).toMatchObject({
      code: 9,
      message: expect.stringContaining("projects/demo/secrets/missing/versions/latest"),
    });
    expect((await condition("secretless")).terminalCondition).toMatchObject({ reason: "SECRETS_ACCESS_CHECK_FAILED" });
  });

  // https://cloud.google.com/run/docs/configuring/healthchecks#startup-probes
  it("fails its own startup probe: told apart from never listening", async () => {
    const reference = await image(
      "probed",
      serverScript("response.writeHead(request.url === '/ready' ? 503 : 200).end()"),
    );
    const startupProbe = { httpGet: { path: "/ready" }, periodSeconds: 1, failureThreshold: 2 };
    const error = await refusal(create("probed", "", { containers: [{ image: reference, startupProbe }] }));
    expect(error).toMatchObject({
      code: 9,
      message: expect.stringContaining("The user-provided container failed the configured startup probe checks."),
    });
  });

  // https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#Service.FIELDS.latest_ready_revision
  it("leaves the revision before it serving, and a corrected one takes over", async () => {
    const reference = await image("steady");
    const { uri, latestReadyRevision, observedGeneration } = await create("steady", reference);
    const broken = { image: reference, args: ["/app/none.js"], command: ["node"] };
    expect(await refusal(update("steady", { template: { containers: [broken] } }, ["template"]))).toMatchObject({
      code: 9,
    });
    const failed = await service("steady");
    expect(failed).toMatchObject({
      latestReadyRevision,
      observedGeneration,
      reconciling: false,
      terminalCondition: { state: "CONDITION_FAILED" },
    });
    expect(failed.latestCreatedRevision).not.toBe(latestReadyRevision);
    expect(parsed(await ask(uri)).version).toBe("1");
    const env = [{ name: "VERSION", value: "2" }];
    await update("steady", { template: { containers: [{ image: reference, env }] } }, ["template"]);
    expect(parsed(await ask(uri)).version).toBe("2");
  });
});

describe("a revision that starts", () => {
  // https://cloud.google.com/run/docs/configuring/healthchecks#startup-probes: no request before the probe has succeeded
  it("is ready once its startup probe has succeeded, not when it listens", async () => {
    const script = serverScript(`
      if (request.url === "/ready") return response.writeHead((globalThis.asked = (globalThis.asked ?? 0) + 1) < 2 ? 503 : 200).end();
      response.end(String(globalThis.asked ?? 0))`);
    const startupProbe = { httpGet: { path: "/ready" }, periodSeconds: 1, failureThreshold: 3 };
    const { uri, latestReadyRevision, latestCreatedRevision, terminalCondition } = await create("eventually", "", {
      containers: [{ image: await image("eventually", script), startupProbe }],
    });
    expect(latestReadyRevision).toBe(latestCreatedRevision);
    expect(terminalCondition).toMatchObject({ type: "Ready", state: "CONDITION_SUCCEEDED" });
    expect((await ask(uri)).text).toBe("2");
    expect(suite.cloud().lines("eventually").join("\n")).toContain("STARTUP HTTP probe succeeded after 2 attempts");
  });
});

describe("a container", () => {
  it("is given its variables, secrets, files and sockets", async () => {
    const { secrets, secretReaders, sockets, cloud } = suite.cloud();
    secretReaders.clear();
    secrets.set("api-key/3", "key-of-version-3");
    secrets.set("certificate/latest", "-----BEGIN");
    sockets.set("demo:asia-southeast1:db", cloud.dataDir);
    const script = serverScript(`
      const fs = require("fs");
      response.end(JSON.stringify({ env: process.env, cert: fs.readFileSync("/secrets/certificate", "utf8"), sql: fs.readdirSync("/cloudsql") }))`);
    const container = {
      image: await image("given", script),
      env: [
        { name: "PLAIN", value: "text" },
        { name: "API_KEY", valueSource: { secretKeyRef: { secret: "projects/demo/secrets/api-key", version: "3" } } },
      ],
      ports: [{ containerPort: 3000 }],
      volumeMounts: [
        { name: "sql", mountPath: "/cloudsql" },
        { name: "cert", mountPath: "/secrets" },
      ],
    };
    const volumes = [
      { name: "sql", cloudSqlInstance: { instances: ["demo:asia-southeast1:db"] } },
      { name: "cert", secret: { secret: "certificate" } },
    ];
    const serviceAccount = "api@demo.iam.gserviceaccount.com";
    const { uri, latestReadyRevision } = await create("given", "", {
      containers: [container],
      volumes,
      serviceAccount,
    });
    expect([...secretReaders], "with the rights of its own account").toEqual([serviceAccount]);
    const told = parsed<{ env: Record<string, string>; cert: string; sql: string[] }>(await ask(uri));
    expect(told).toMatchObject({
      env: {
        PLAIN: "text",
        API_KEY: "key-of-version-3",
        K_SERVICE: "given",
        K_CONFIGURATION: "given",
        PORT: expect.stringMatching(/^\d+$/),
      },
      ...{ cert: "-----BEGIN", sql: ["demo:asia-southeast1:db"] },
    });
    expect(told.env["K_REVISION"]).toBe(latestReadyRevision?.split("/").at(-1));
    expect(JSON.stringify(suite.cloud().logs.read({ project: "demo" }, 10_000))).not.toContain("key-of-version-3");
  });

  // https://cloud.google.com/run/docs/configuring/services/secrets
  it("has its secret `latest` resolved when an instance starts, and a pinned version as it is", async () => {
    const { secrets, run } = suite.cloud();
    secrets.set("rotating/latest", "one").set("rotating/1", "one");
    const ref = (version: string) => ({ valueSource: { secretKeyRef: { secret: "rotating", version } } });
    const env = [
      { name: "LATEST", ...ref("latest") },
      { name: "PINNED", ...ref("1") },
    ];
    const reference = await image(
      "rotating",
      serverScript("response.end(process.env.LATEST + " + "' '" + " + process.env.PINNED)"),
    );
    const { uri, latestReadyRevision = "" } = await create("rotating", "", { containers: [{ image: reference, env }] });
    expect((await ask(uri)).text).toBe("one one");
    secrets.set("rotating/latest", "two");
    run.engine.fleet.killOne(latestReadyRevision);
    await expect.poll(async () => (await ask(uri)).text, { timeout: 10_000 }).toBe("two one");
    expect(parent).toBeTruthy();
  });
});
