// A small workspace as pnpm lays one out: an application, a package of its own written in TypeScript, and packages from a
// registry, one of them only for development.
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const lockfile = `lockfileVersion: '9.0'
importers:
  apps/api:
    dependencies:
      '@team/shared':
        specifier: workspace:*
        version: link:../../packages/shared
      greet:
        specifier: ^1.0.0
        version: 1.0.0(shout@2.0.0)
    devDependencies:
      tester:
        specifier: ^1.0.0
        version: 1.0.0
    optionalDependencies:
      elsewhere:
        specifier: ^1.0.0
        version: 1.0.0
  packages/shared: {}
packages:
  greet@1.0.0:
    resolution: {integrity: sha512-greet}
  shout@2.0.0:
    resolution: {integrity: sha512-shout}
  tester@1.0.0:
    resolution: {integrity: sha512-tester}
  elsewhere@1.0.0:
    resolution: {integrity: sha512-elsewhere}
    os: [darwin]
snapshots:
  greet@1.0.0(shout@2.0.0):
    dependencies:
      shout: 2.0.0
  shout@2.0.0: {}
  tester@1.0.0: {}
  elsewhere@1.0.0:
    optional: true
`;

const store = "node_modules/.pnpm";
const files: Readonly<Record<string, string>> = {
  "pnpm-lock.yaml": lockfile,
  ".gitignore": "node_modules/\n.local/\n*.log\n",
  "apps/api/package.json": JSON.stringify({ name: "@team/api", type: "module" }),
  "apps/api/src/main.ts": `import { createServer } from "node:http";
import { greet } from "greet";
import { name } from "@team/shared";
const text: string = greet(name);
if (process.argv[2] === "print") console.log(text, process.getuid?.(), process.cwd(), process.env["NODE_ENV"]);
else createServer((_request, response) => response.end(text)).listen(Number(process.env["PORT"]));
`,
  "apps/api/src/main.test.ts": "throw new Error('a test is no part of an image');\n",
  "apps/api/debug.log": "not tracked, ignored\n",
  "apps/api/.env": "TOKEN=confidential\n",
  "packages/shared/package.json": JSON.stringify({
    name: "@team/shared",
    type: "module",
    exports: "./src/index.ts",
  }),
  "packages/shared/src/index.ts": 'export const name: string = "world";\n',
  [`${store}/greet@1.0.0_shout@2.0.0/node_modules/greet/package.json`]: JSON.stringify({
    name: "greet",
    version: "1.0.0",
    type: "module",
    exports: "./index.js",
  }),
  [`${store}/greet@1.0.0_shout@2.0.0/node_modules/greet/index.js`]:
    'import { shout } from "shout";\nexport const greet = (name) => shout(["hello,", name].join(" "));\n',
  [`${store}/greet@1.0.0_shout@2.0.0/node_modules/greet/index.js.map`]: "{}",
  [`${store}/greet@1.0.0_shout@2.0.0/node_modules/greet/index.d.ts`]: "export {};\n",
  [`${store}/greet@1.0.0_shout@2.0.0/node_modules/greet/node_modules/.bin/shout`]:
    "#!/bin/sh\n# a path of this machine\n",
  [`${store}/shout@2.0.0/node_modules/shout/package.json`]: JSON.stringify({
    name: "shout",
    version: "2.0.0",
    type: "module",
    exports: "./index.js",
  }),
  [`${store}/shout@2.0.0/node_modules/shout/index.js`]: "export const shout = (text) => text.toUpperCase();\n",
  [`${store}/tester@1.0.0/node_modules/tester/package.json`]: JSON.stringify({ name: "tester", version: "1.0.0" }),
};

const links: Readonly<Record<string, string>> = {
  "apps/api/node_modules/greet": `../../../${store}/greet@1.0.0_shout@2.0.0/node_modules/greet`,
  "apps/api/node_modules/tester": `../../../${store}/tester@1.0.0/node_modules/tester`,
  "apps/api/node_modules/@team/shared": "../../../../packages/shared",
  [`${store}/greet@1.0.0_shout@2.0.0/node_modules/shout`]: "../../shout@2.0.0/node_modules/shout",
};

/** Of all runs of the tests that are not about packing: Node's layer takes three seconds of CPU. */
const sharedLayers = fileURLToPath(new URL("../../node_modules/.cache/layers", import.meta.url));

export type NodeWorkspace = {
  readonly root: string;
  readonly write: (path: string, content: string, mode?: number) => Promise<void>;
};

/** Removed with the test, or with what `onEnd` is bound to. */
export async function createNodeWorkspace(
  onEnd: (cleanup: () => Promise<void>) => void = onTestFinished,
  layers: "own" | "shared" = "own",
): Promise<NodeWorkspace> {
  const root = await mkdtemp(join(tmpdir(), "workspace-"));
  onEnd(() => rm(root, { recursive: true, force: true }));
  if (layers === "shared") {
    await mkdir(sharedLayers, { recursive: true });
    await mkdir(join(root, ".local/cache"), { recursive: true });
    await symlink(sharedLayers, join(root, ".local/cache/layers"));
  }
  const write = async (path: string, content: string, mode = 0o644): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), mode);
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink(target, join(root, path));
  }
  return { root, write };
}

/** The image unit of the application. */
export const apiImage = {
  kind: "image",
  name: "app",
  project: "apps/api",
  after: [],
  build: "node",
  entry: "src/main.ts",
  repository: "europe-west1-docker.pkg.dev/demo-local/demo-backend/app",
} as const;
