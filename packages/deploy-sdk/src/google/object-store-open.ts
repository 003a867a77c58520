// A bucket by itself, without a stack: for syncing any folder to any server that speaks the JSON API.
import { DeployError } from "../deploy-error.ts";
import type { Runtime } from "../types.ts";
import { isLoopbackHost } from "./addresses.ts";
import { createTransport } from "./create-transport.ts";
import {
  anonymousCredentials,
  applicationDefaultCredentials,
  type Credentials,
  loopbackCredentials,
} from "./credentials.ts";
import type { ObjectStore } from "./object-store.ts";
import { createObjectStore } from "./object-store-create.ts";

export type OpenBucketOptions = {
  readonly bucket: string;
  /** Base address of another server than Google's. */
  readonly endpoint?: string;
  /** Without credentials, also where there are some. */
  readonly anonymous?: boolean;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
};

/** Close it. @throws DeployError `usage` for an endpoint that is no address. */
export function openBucket({ bucket, endpoint, anonymous = false, runtime, signal }: OpenBucketOptions): {
  readonly store: ObjectStore;
  readonly close: () => Promise<void>;
} {
  const base = endpoint === undefined ? undefined : parseEndpoint(endpoint);
  const transport = createTransport({
    environment: { name: "this bucket", region: "", endpoint: base?.origin },
    credentials: anonymous ? anonymousCredentials : credentialsAt(base, bucket),
    runtime,
    signal,
  });
  return { store: createObjectStore(transport, bucket), close: () => transport.close() };
}

/** A token for Google is shown to Google only. */
function credentialsAt(base: URL | undefined, bucket: string): Credentials {
  if (!base || /^https:\/\/([a-z0-9-]+\.)*googleapis\.com$/.test(base.origin))
    return applicationDefaultCredentials(`bucket "${bucket}"`);
  return isLoopbackHost(base.hostname) || /^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(base.hostname)
    ? loopbackCredentials()
    : anonymousCredentials;
}

function parseEndpoint(endpoint: string): URL {
  const base = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (base && /^https?:$/.test(base.protocol) && base.pathname === "/" && !base.username && !base.password) return base;
  throw new DeployError("usage", {
    subject: "endpoint",
    message: "it is not the address of a server",
    hint: "such as http://127.0.0.1:8790, without a path or a user",
  });
}
