import { expect, test } from "vitest";
import { selectProject } from "./lockfile.ts";

const lockfile = {
  lockfileVersion: "9.0",
  importers: {
    "apps/api": {
      dependencies: {
        "@team/shared": { version: "link:../../packages/shared" },
        web: { version: "2.0.0" },
        old: { version: "web@1.0.0" },
      },
      optionalDependencies: { native: { version: "1.0.0" } },
    },
    "packages/shared": { dependencies: { tiny: { version: "1.0.0(web@2.0.0)" } } },
    "apps/other": { dependencies: { huge: { version: "1.0.0" } } },
  },
  packages: {
    "web@1.0.0": { resolution: { integrity: "sha512-w1" } },
    "web@2.0.0": { resolution: { integrity: "sha512-w2" } },
    "tiny@1.0.0": { resolution: { integrity: "sha512-t" } },
    "native@1.0.0": { resolution: { integrity: "sha512-n" } },
    "huge@1.0.0": { resolution: { integrity: "sha512-h" } },
  },
  snapshots: {
    "web@1.0.0": {},
    "web@2.0.0": {},
    "tiny@1.0.0(web@2.0.0)": { dependencies: { web: "2.0.0" } },
    "native@1.0.0": { optional: true },
    "huge@1.0.0": {},
  },
};

test("follows workspace packages, peers and aliases, and stops at what the project does not need", () => {
  const { projects, packages } = selectProject(lockfile, "apps/api");
  expect(Object.keys(projects)).toEqual(["apps/api", "packages/shared"]);
  expect(packages.map(({ key }) => key)).toEqual(["native@1.0.0", "tiny@1.0.0(web@2.0.0)", "web@1.0.0", "web@2.0.0"]);
  expect(projects["apps/api"]?.find(({ name }) => name === "old")?.to).toEqual({ package: "web@1.0.0" });
  expect(packages[1]).toMatchObject({ name: "tiny", version: "1.0.0", resolution: { integrity: "sha512-t" } });
});

test("changes its digest with a package that the project needs, and with no other", () => {
  const { sha256 } = selectProject(lockfile, "apps/api");
  const changed = (key: string) => ({
    ...lockfile,
    packages: { ...lockfile.packages, [key]: { resolution: { integrity: "sha512-changed" } } },
  });
  expect(selectProject(changed("huge@1.0.0"), "apps/api").sha256).toBe(sha256);
  expect(selectProject(changed("tiny@1.0.0"), "apps/api").sha256).not.toBe(sha256);
});

test("refuses a project that the lockfile does not know, and packages from this machine", () => {
  expect(() => selectProject(lockfile, "apps/none")).toThrow(expect.objectContaining({ code: "image-build-failed" }));
  const local = {
    ...lockfile,
    importers: { "apps/api": { dependencies: { web: { version: "file:../web" } } } },
  };
  expect(() => selectProject(local, "apps/api")).toThrow(/not from a registry/);
});
