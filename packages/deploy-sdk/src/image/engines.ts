// The container engines that can build a Dockerfile, as data: how each is asked whether it works, builds, and hands out the
// image. No credentials pass through here: the image leaves as a file, and is pushed by the registry client.
import type { Platform } from "./oci.ts";

export type EngineName = "docker" | "podman" | "buildah";

export type EngineBuild = {
  readonly dockerfile: string;
  readonly context: string;
  readonly platform: Platform;
  /** File that the engine writes the image's id to. */
  readonly idFile: string;
};

export type Engine = {
  readonly name: EngineName;
  /** Exits 0 where a build can be tried. */
  readonly probe: readonly string[];
  readonly build: (build: EngineBuild) => readonly string[];
  /** Writes the image as a docker-archive, the one format that all of them know. */
  readonly save: (id: string, archive: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

const buildOptions = ({ dockerfile, platform, idFile }: EngineBuild): readonly string[] => [
  `--file=${dockerfile}`,
  `--iidfile=${idFile}`,
  `--platform=${platform.os}/${platform.architecture}`,
];

const buildah = (options: readonly string[], isolation: readonly string[]): Engine => ({
  name: "buildah",
  probe: ["buildah", ...options, "info"],
  build: (build) => [
    "buildah",
    ...options,
    "build",
    "--layers",
    ...isolation,
    ...buildOptions(build),
    "--",
    build.context,
  ],
  save: (id, archive) => ["buildah", ...options, "push", "--quiet", id, `docker-archive:${archive}`],
});

/** In the order of preference. The last needs no overlay file system and no runtime: it works in a container, slowly. */
export const engines: readonly Engine[] = [
  {
    name: "docker",
    probe: ["docker", "version", "--format", "{{.Server.Version}}"],
    build: (build) => ["docker", "build", ...buildOptions(build), "--", build.context],
    save: (id, archive) => ["docker", "save", `--output=${archive}`, id],
    env: { DOCKER_BUILDKIT: "1", BUILDKIT_PROGRESS: "plain" },
  },
  {
    name: "podman",
    probe: ["podman", "info"],
    build: (build) => ["podman", "build", ...buildOptions(build), "--", build.context],
    save: (id, archive) => ["podman", "save", "--quiet", "--format=docker-archive", `--output=${archive}`, id],
  },
  buildah([], []),
  buildah(["--storage-driver=vfs"], ["--isolation=chroot"]),
];
