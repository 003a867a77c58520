import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, location, parent, project, type RunCloud, serverScript, startRunCloud } from "./run-cloud.ts";

const deferred: (() => Promise<void> | void)[] = [];
let cloud: RunCloud;
let image: string;

beforeAll(async () => {
  cloud = await startRunCloud({ onEnd: (cleanup) => deferred.push(cleanup) });
  image = await cloud.images.add("api", [{ name: "app/main.js", content: serverScript() }], {
    Entrypoint: ["node", "/app/main.js"],
  });
});
afterAll(async () => {
  for (const cleanup of deferred.reverse()) await cleanup();
});

type Template = { readonly [field: string]: unknown };

const create = async (
  serviceId: string,
  { template = {}, ...service }: { readonly template?: Template; readonly [field: string]: unknown } = {},
) => {
  const request = {
    parent,
    serviceId,
    service: { invokerIamDisabled: true, template: { containers: [{ image }], ...template }, ...service },
  };
  const [operation] = await cloud.clients.services.createService(request as never);
  const [created] = await operation.promise();
  return created;
};

const update = async (name: string, service: Template, mask?: readonly string[]) => {
  const request = {
    service: { name: `${parent}/services/${name}`, ...service },
    ...(mask && { updateMask: { paths: [...mask] } }),
  };
  const [operation] = await cloud.clients.services.updateService(request as never);
  const [updated] = await operation.promise();
  return updated;
};

const get = async (name: string) =>
  (await cloud.clients.services.getService({ name: `${parent}/services/${name}` }))[0];

describe("a service", () => {
  it("is created, says what Google says of it, and answers on its address", async () => {
    const service = await create("first");
    expect(service).toMatchObject({ name: `${parent}/services/first`, reconciling: false });
    expect(service.latestReadyRevision).toMatch(/\/revisions\/first-00001-[a-z0-9]{3}$/);
    expect(service.uri).toMatch(new RegExp(`^http://first-\\d{12}\\.${location}\\.run\\.localhost:\\d+$`));
    const { status, text } = await ask(service.uri ?? "", { path: "/a?b=c" });
    expect({ status, ...JSON.parse(text) }).toMatchObject({
      status: 200,
      service: "first",
      path: "/a?b=c",
      version: "1",
    });
    expect(JSON.parse(text).revision).toBe(service.latestReadyRevision?.split("/").at(-1));
    expect(project).toBe("demo");
  });
});
