// Pure. How bubblewrap is told what to run: https://github.com/containers/bubblewrap/blob/main/bwrap.xml
import { join } from "node:path";
import type { ContainerFile, ContainerMount, ProcessSpec } from "./container-driver.ts";
import { canonicalPath, type Lowers } from "./rootfs-view.ts";

/** Options of bubblewrap, and what it reads from file descriptors: `data[0]` from the first one given, and so on. */
export type BubblewrapArguments = { readonly options: readonly string[]; readonly data: readonly Buffer[] };

const isolation = [
  ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "localhost"],
  ...["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"],
];

/**
 * Without these, settings of the whole machine could be written: a cloud that runs as root hands its containers a process
 * that owns them, and bubblewrap covers only what it may write to itself.
 */
const readOnlyProc = ["sys", "sysrq-trigger", "irq", "bus", "fs"].flatMap((name) => [
  ...["--ro-bind-try", `/proc/${name}`, `/proc/${name}`],
]);

const mountOptions = (lowers: Lowers, mount: ContainerMount, firstDescriptor: number): readonly string[] => {
  const target = canonicalPath(lowers, mount.target);
  switch (mount.kind) {
    case "folder":
      return ["--ro-bind", mount.source, target];
    case "memory":
      return [...(mount.sizeBytes === undefined ? [] : ["--size", String(mount.sizeBytes)]), "--tmpfs", target];
    case "files":
      return [
        "--tmpfs",
        target,
        ...mount.files.flatMap((file, index) => fileOptions(file, target, firstDescriptor + index)),
      ];
  }
};

const fileOptions = ({ path, mode }: ContainerFile, target: string, descriptor: number): readonly string[] => [
  ...["--perms", mode.toString(8).padStart(4, "0")],
  ...["--file", String(descriptor), join(target, path)],
];

/**
 * @param root where the container's root is mounted, in the sandbox's own view of this machine
 * @param firstDescriptor of those that files are read from
 */
export function bubblewrapArguments(spec: ProcessSpec, root: string, firstDescriptor: number): BubblewrapArguments {
  const data: Buffer[] = [];
  const mounts = spec.mounts.flatMap((mount) => {
    const options = mountOptions(spec.lowers, mount, firstDescriptor + data.length);
    if (mount.kind === "files") data.push(...mount.files.map(({ content }) => content));
    return options;
  });
  const options = [
    ...["--bind", root, "/", "--dev", "/dev", "--proc", "/proc", ...readOnlyProc],
    ...mounts,
    ...isolation,
    ...["--uid", String(spec.user.uid), "--gid", String(spec.user.gid)],
    ...Object.entries(spec.env).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--chdir", spec.cwd],
  ];
  return { options, data };
}
