import type { SecretTarget } from "../target.ts";
import { lastSegment } from "./run-container.ts";
import type { Transport } from "./transport.ts";

type VersionsJson = { readonly versions?: readonly { readonly name?: string; readonly state?: string }[] };

/**
 * Versions come newest first.
 * https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/list
 */
export const createSecretVersions = (project: string, transport: Transport): SecretTarget => ({
  newestVersion: async (secret, call) => {
    const response = await transport.request({
      api: "secretmanager",
      method: "GET",
      path: `/v1/projects/${project}/secrets/${secret}/versions?pageSize=1&filter=${encodeURIComponent("state:ENABLED")}`,
      expect: [404],
      ...call,
    });
    if (response.status === 404) return undefined;
    const { versions } = await response.json<VersionsJson>();
    const name = versions?.find(({ state }) => state === "ENABLED")?.name;
    return name && lastSegment(name);
  },
});
