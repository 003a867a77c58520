// A service before its first release, so that its access can be set by whoever may: a release changes none.
import type { ServiceUnit } from "@slipway/config";
import { DeployError } from "../deploy-error.ts";
import type { ServiceSpec } from "../target.ts";
import type { Performing } from "./apply-provision.ts";
import { findPlaceholder } from "./placeholder.ts";
import { retryWhile } from "./polling.ts";
import { accountId } from "./provision-types.ts";

const settlingMs = 120_000;

export async function createService({ service }: { readonly service: ServiceUnit }, given: Performing): Promise<void> {
  const { target, call, runtime, made } = given;
  const image = await findPlaceholder(given);
  const change = {
    name: service.resource,
    spec: placeholderSpec(service, image),
    revision: `${service.resource}-placeholder`,
    labels: {},
    shares: undefined,
    generation: undefined,
  };
  // An account that was just made is not known everywhere at once.
  const isUnsettled = ({ code }: DeployError): boolean =>
    made.has(accountId(service.container.serviceAccount)) && (code === "not-found" || code === "invalid-request");
  const apply = () => target.services.apply(change, call);
  const { failure } = await retryWhile(isUnsettled, apply, settlingMs, runtime, call);
  if (failure === undefined) return;
  throw new DeployError("not-ready", {
    subject: call.subject,
    message: `its placeholder did not start: ${failure}`,
    hint: `pnpm logs ${service.name}`,
  });
}

/** The least that a service can be: it needs no secret, no database and, while nobody asks for it, no instance. */
const placeholderSpec = ({ container }: ServiceUnit, image: string): ServiceSpec => ({
  container: {
    image,
    command: [],
    args: [],
    env: {},
    secrets: {},
    cpu: 1,
    memoryMb: 512,
    cloudSql: [],
    serviceAccount: container.serviceAccount,
  },
  concurrency: 80,
  timeoutS: 60,
  min: 0,
  max: 1,
  cpuAlways: false,
  startup: undefined,
  liveness: undefined,
});
