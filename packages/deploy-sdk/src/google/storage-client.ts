import type { Storage } from "@google-cloud/storage";
import type { Environment } from "@slipway/config";
import { retryRules, timeouts } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** Cloud Storage's client has an HTTP stack of its own: it gets the same rules and the same caller. */
export async function createStorageClient({ endpoint, project }: Environment, transport: Transport): Promise<Storage> {
  const [{ Storage }, { OAuth2Client }] = await Promise.all([
    import("@google-cloud/storage"),
    import("google-auth-library"),
  ]);
  const authClient = new OAuth2Client();
  authClient.refreshHandler = async () => ({
    access_token: (await transport.token()) ?? "",
    expiry_date: Date.now() + tokenLifeMs,
  });
  const rule = retryRules["server-error"];
  return new Storage({
    projectId: project,
    authClient,
    ...(endpoint !== undefined && { apiEndpoint: endpoint, useAuthWithCustomEndpoint: true }),
    timeout: timeouts.deadlineMs,
    retryOptions: {
      autoRetry: true,
      maxRetries: rule.attempts - 1,
      retryDelayMultiplier: 2,
      maxRetryDelay: rule.maxMs / 1000,
      totalTimeout: timeouts.deadlineMs / 1000,
    },
  });
}
/** The transport's own credentials refresh themselves: they are asked again this often. */
const tokenLifeMs = 300_000;
