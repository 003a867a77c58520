// What a fresh machine is told, and what is installed there. Its PATH is an empty folder.
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureSystemPackages, packagesFor } from "../src/system-packages.mts";
import { workspace } from "./support/run-command.ts";
import { createTempFolder } from "./support/temp-folder.ts";

/** Stands in for Debian's: notes what it is asked for, and lays a program of each package's name beside itself. */
const aptGet = `#!/bin/sh
cd "\${0%/*}" && echo "$*" >> asked
[ "$1" = install ] || exit 0
for name; do case "$name" in -*|install) ;; *) echo '#!/bin/sh' > "$name"; /bin/chmod +x "$name" ;; esac; done
/bin/cp bubblewrap bwrap
`;

test("without root nothing is installed, and one command is told that installs all that is missing", async () => {
  const said: string[] = [];
  const machine = { path: await createTempFolder(), root: false };
  await expect(ensureSystemPackages("test", (line) => said.push(line), machine)).rejects.toMatchObject({
    code: "usage",
    exitCode: 2,
    message: expect.stringMatching(/^lacks redis-server, chromium, skopeo, buildah, rclone, mmdebstrap/),
    hint: expect.stringMatching(
      /^sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends redis-server bubblewrap chromium .*mmdebstrap.*'$/,
    ),
  });
  expect(said).toContain("missing  mmdebstrap: tests of examples/django");
  expect(said).toContain("warn   goes on without bwrap");
});

test("as root what is missing is installed at once, and said", async () => {
  const path = await createTempFolder();
  await writeFile(join(path, "apt-get"), aptGet);
  await chmod(join(path, "apt-get"), 0o755);
  const said: string[] = [];
  await ensureSystemPackages("start", (line) => said.push(line), { path, root: true });
  expect(said).toEqual([
    "missing  redis-server: Redis of the local cloud",
    "missing  bwrap: sandbox of deployed images",
    "installing  redis-server bubblewrap (Debian packages)",
  ]);
  const asked = await readFile(join(path, "asked"), "utf8");
  expect(asked).toBe("update -qq\ninstall -y -qq --no-install-recommends redis-server bubblewrap\n");
  await ensureSystemPackages("start", (line) => said.push(line), { path, root: true });
  expect(said).toHaveLength(3);
});

test("CI installs what the tests need", async () => {
  const ci = await readFile(join(workspace, ".github/workflows/ci.yml"), "utf8");
  const words = new Set(ci.replace("chromium-browser", "chromium").split(/\s+/));
  expect(packagesFor("test").filter((name) => !words.has(name))).toEqual([]);
});
