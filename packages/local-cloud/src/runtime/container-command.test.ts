import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { imageEnvironment, resolveCommand } from "./container-command.ts";
import { resolveUser } from "./container-user.ts";
import { findExecutable } from "./find-executable.ts";
import { canonicalPath, readTextInImage, resolveInImage } from "./rootfs-view.ts";

const image = { config: { Entrypoint: ["/entry", "-x"], Cmd: ["serve"], Env: ["A=1=2", "EMPTY"] } };

describe("resolveCommand", () => {
  it.each([
    ["the image's own", {}, ["/entry", "-x", "serve"]],
    ["args replace CMD", { args: ["migrate"] }, ["/entry", "-x", "migrate"]],
    ["a command drops ENTRYPOINT and CMD", { command: ["celery"] }, ["celery"]],
    ["command and args", { command: ["celery"], args: ["worker"] }, ["celery", "worker"]],
    ["empty lists mean the image's own", { command: [], args: [] }, ["/entry", "-x", "serve"]],
  ])("%s", (_name, override, argv) => expect(resolveCommand(image, override)).toEqual(argv));

  it("splits variables at the first equals sign and gives a PATH", () => {
    expect(imageEnvironment(image)).toMatchObject({ A: "1=2", EMPTY: "", PATH: expect.stringContaining("/usr/bin") });
  });
});

describe("resolveUser", () => {
  const passwd = "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\n";
  const group = "root:x:0:\nstaff:x:50:\n";
  it.each([
    ["", { uid: 0, gid: 0, home: "/root" }],
    ["node", { uid: 1000, gid: 1001, home: "/home/node" }],
    ["1000", { uid: 1000, gid: 1001, home: "/home/node" }],
    ["65532:65532", { uid: 65532, gid: 65532, home: "/" }],
    ["node:staff", { uid: 1000, gid: 50, home: "/home/node" }],
  ])("understands %j", (user, expected) => expect(resolveUser(user, passwd, group)).toEqual(expected));

  it("refuses a name that the image does not have", () => {
    expect(() => resolveUser("nobody", passwd, group)).toThrow('no user "nobody"');
    expect(() => resolveUser("node:wheel", passwd, undefined)).toThrow('no group "wheel"');
  });
});

describe("an image's files", () => {
  const build = (files: Readonly<Record<string, string>>): string => {
    const root = mkdtempSync(join(tmpdir(), "rootfs-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      if (content.startsWith("-> ")) symlinkSync(content.slice(3), join(root, path));
      else writeFileSync(join(root, path), content);
    }
    return root;
  };

  it("are looked up from the topmost layer down, with links that stay inside the image", () => {
    const lower = build({
      "etc/passwd": "lower",
      "usr/bin/python3": "#!",
      bin: "-> usr/bin",
      up: "-> ../../../../etc/passwd",
    });
    const upper = build({ "etc/passwd": "upper", "usr/bin/python": "-> /usr/bin/python3", loop: "-> loop" });
    expect(readTextInImage([upper, lower], "/etc/passwd")).toBe("upper");
    expect(readTextInImage([lower], "/up"), "not this machine's").toBe("lower");
    expect(resolveInImage([upper, lower], "/bin/python")?.path).toBe(join(lower, "usr/bin/python3"));
    expect(resolveInImage([upper, lower], "/loop")).toBeUndefined();
    expect(resolveInImage([upper, lower], "/etc/passwd/below")).toBeUndefined();
    expect(canonicalPath([upper, lower], "/bin/new/file")).toBe("/usr/bin/new/file");
    expect(resolveInImage([upper, lower], "/etc/shadow")).toBeUndefined();
  });

  it("are never read through a link of a lower layer that a folder above hides", () => {
    const outside = build({ secret: "this machine's" });
    const lower = build({ etc: `-> ${outside}` });
    const upper = build({ "etc/issue": "image" });
    expect(readTextInImage([upper, lower], "/etc/issue")).toBe("image");
    expect(readTextInImage([upper, lower], "/etc/secret")).toBeUndefined();
    expect(readTextInImage([lower], "/etc/secret")).toBeUndefined();
  });

  it("hold the command, or the refusal names it", () => {
    const root = build({ "usr/bin/celery": "#!", "app/run.sh": "#!", "app/data": "x" });
    for (const path of ["usr/bin/celery", "app/run.sh"]) chmodSync(join(root, path), 0o755);
    const query = { lowers: [root], path: "/bin:/usr/bin", cwd: "/app" };
    expect(findExecutable({ ...query, command: "celery" })).toBe("/usr/bin/celery");
    expect(findExecutable({ ...query, command: "./run.sh" })).toBe("/app/run.sh");
    expect(() => findExecutable({ ...query, command: "/app/data" })).toThrow("no such file");
    expect(() => findExecutable({ ...query, command: "gunicorn" })).toThrow(
      'error finding executable "gunicorn" in PATH [/bin:/usr/bin]',
    );
  });
});
