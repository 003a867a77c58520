// Pure. What of a service a client may say, what is filled in, and what is refused.
import { refuseViolations } from "../server/proto-json.ts";
import { checkTemplate, checkTimeout } from "./check-template.ts";
import type { Revision, Service } from "./model.ts";
import { serviceUri } from "./resource-names.ts";
import type { RevisionedDefinition } from "./revisioned-definition.ts";
import type { RevisionedKind } from "./revisioned-kind.ts";
import { fillRevisionTemplate } from "./template-defaults.ts";
import { normalizeTraffic } from "./traffic.ts";

const settable = [
  ...([
    "description",
    "labels",
    "annotations",
    "client",
    "clientVersion",
    "ingress",
    "launchStage",
    "template",
  ] as const),
  ...(["traffic", "scaling", "invokerIamDisabled", "defaultUriDisabled"] as const),
];

/** Of Google's own namespaces: the v2 API has fields in their place. */
const reservedPattern =
  /^(run\.googleapis\.com|cloud\.googleapis\.com|serving\.knative\.dev|autoscaling\.knative\.dev)\//;

export const checkLabels = (
  resource: { readonly labels?: object; readonly annotations?: object },
  at: string,
): void => {
  const reserved = (["labels", "annotations"] as const).flatMap((field) =>
    Object.keys(resource[field] ?? {})
      .filter((key) => reservedPattern.test(key))
      .map((key) => ({
        field: `${at}.${field}`,
        description: `${at}.${field}: ${key.slice(0, 100)} is reserved: system labels and annotations have fields of their own.`,
      })),
  );
  refuseViolations(reserved);
};

const checkConcurrency = ({ template }: Service): void => {
  const { maxInstanceRequestConcurrency: concurrency = 80, scaling = {} } = template;
  const { minInstanceCount = 0, maxInstanceCount = 100 } = scaling;
  refuseViolations([
    ...(concurrency >= 1 && concurrency <= 1000
      ? []
      : [
          {
            field: "service.template",
            description: "service.template.max_instance_request_concurrency: must be between 1 and 1000.",
          },
        ]),
    ...(minInstanceCount >= 0 && minInstanceCount <= maxInstanceCount
      ? []
      : [
          {
            field: "service.template.scaling",
            description: `service.template.scaling: min_instance_count (${minInstanceCount}) must not exceed max_instance_count (${maxInstanceCount}).`,
          },
        ]),
  ]);
};

const checkService = (service: Service): void => {
  checkLabels(service, "service");
  checkLabels(service.template, "service.template");
  checkTemplate("service", service.template, "service.template");
  checkTimeout(service.template.timeout, "service.template.timeout", 3600);
  checkConcurrency(service);
};

const revisionOf = ({ name, template }: Service): Partial<Revision> => {
  const { scaling, timeout, maxInstanceRequestConcurrency, sessionAffinity, executionEnvironment, vpcAccess } =
    template;
  return {
    service: name,
    ...(scaling && { scaling }),
    ...(timeout && { timeout }),
    ...(maxInstanceRequestConcurrency && { maxInstanceRequestConcurrency }),
    ...(sessionAffinity && { sessionAffinity }),
    ...(executionEnvironment && { executionEnvironment }),
    ...(vpcAccess && { vpcAccess }),
  };
};

export const serviceDefinition = (
  kind: RevisionedKind<Service>,
  port: () => number,
): RevisionedDefinition<Service> => ({
  kind,
  label: "SERVICE",
  settable,
  normalize: (service, { project }) => ({
    ...service,
    ingress: service.ingress || "INGRESS_TRAFFIC_ALL",
    launchStage: service.launchStage || "GA",
    template: fillRevisionTemplate(service.template ?? {}, project),
    traffic: normalizeTraffic(service.traffic ?? []),
  }),
  check: checkService,
  status: (name) => {
    const uri = serviceUri(name, port());
    return { trafficStatuses: [], uri, urls: [uri] };
  },
  revision: revisionOf,
});
