import { describe, expect, it } from "vitest";
import {
  defaultServiceAccount,
  executionName,
  ownerName,
  parseParent,
  parseResource,
  revisionName,
  serviceHost,
} from "./resource-names.ts";

const parent = "projects/demo/locations/asia-southeast1";

describe("names", () => {
  it("of resources are taken apart, also of what is below them", () => {
    const service = { project: "demo", location: "asia-southeast1", kind: "services", id: "api" };
    expect(parseResource(`${parent}/services/api`)).toEqual(service);
    expect(parseResource(`${parent}/services/api/revisions/api-00001-abc`)).toEqual(service);
    expect(ownerName(`${parent}/services/api/revisions/r`)).toBe(`${parent}/services/api`);
  });

  it.each([
    "projects/demo",
    "projects/demo/locations/-",
    "projects/../locations/asia-southeast1",
    "projects/Demo/locations/asia-southeast1",
  ])("%s is refused as a parent", (text) => expect(() => parseParent(text)).toThrow("Invalid parent"));

  it("of revisions and executions are made as on Google", () => {
    expect(revisionName("api", 7, () => 0)).toBe("api-00007-bbb");
    expect(revisionName("api", 7)).toMatch(/^api-00007-[b-z2-9]{3}$/);
    expect(executionName("migrate")).toMatch(/^migrate-[b-z2-9]{5}$/);
  });

  it("of hosts are the same for every run: service, project's number, region", () => {
    const name = { project: "demo", location: "asia-southeast1", id: "api" };
    expect(serviceHost(name)).toMatch(/^api-\d{12}\.asia-southeast1\.run\.localhost$/);
    expect(serviceHost(name, "green")).toBe(`green---${serviceHost(name)}`);
    expect(defaultServiceAccount("demo")).toMatch(/^\d{12}-compute@developer\.gserviceaccount\.com$/);
  });
});
