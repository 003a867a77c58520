// Pure. Domain mappings in Knative's form: https://cloud.google.com/run/docs/reference/rest/v1/namespaces.domainmappings
import type { JsonObject } from "../../json/json-object.ts";
import type { DomainMapping } from "../domain-mappings.ts";
import { readFields } from "./read-fields.ts";

export const domainsVersion = "domains.cloudrun.com/v1";

export type ParsedDomainMapping = { readonly domain: string; readonly service: string; readonly override: boolean };

export function parseDomainMapping(body: JsonObject): ParsedDomainMapping {
  const object = readFields(body).only("apiVersion", "kind", "metadata", "spec", "status");
  const spec = object.child("spec")?.only("routeName", "certificateMode", "forceOverride");
  return {
    domain: object.child("metadata")?.text("name") ?? "",
    service: spec?.text("routeName") ?? "",
    override: spec?.flag("forceOverride") ?? false,
  };
}

/** Of Google's front end: https://cloud.google.com/run/docs/mapping-custom-domains#dns_update */
const addresses = {
  A: ["216.239.32.21", "216.239.34.21", "216.239.36.21", "216.239.38.21"],
  AAAA: ["2001:4860:4802:32::15", "2001:4860:4802:34::15", "2001:4860:4802:36::15", "2001:4860:4802:38::15"],
};

/** A subdomain is an alias of Google's front end; a domain itself cannot be one. */
const resourceRecords = (domain: string): readonly JsonObject[] => {
  const labels = domain.split(".");
  if (labels.length > 2)
    return [{ name: labels.slice(0, -2).join("."), type: "CNAME", rrdata: "ghs.googlehosted.com." }];
  return Object.entries(addresses).flatMap(([type, values]) => values.map((rrdata) => ({ name: "", type, rrdata })));
};

export const renderDomainMapping = ({
  name,
  domain,
  service,
  uid,
  etag,
  createTime,
  creator,
}: DomainMapping): JsonObject => {
  const [, project = "", , location = ""] = name.split("/");
  const ready = (type: string): JsonObject => ({ type, status: "True", lastTransitionTime: createTime });
  return {
    apiVersion: domainsVersion,
    kind: "DomainMapping",
    metadata: {
      ...{ name: domain, namespace: project, uid, resourceVersion: etag, generation: 1, creationTimestamp: createTime },
      selfLink: `/apis/${domainsVersion}/namespaces/${project}/domainmappings/${domain}`,
      labels: { "cloud.googleapis.com/location": location },
      annotations: { "serving.knative.dev/creator": creator, "serving.knative.dev/lastModifier": creator },
    },
    spec: { routeName: service, certificateMode: "AUTOMATIC" },
    status: {
      observedGeneration: 1,
      conditions: ["Ready", "CertificateProvisioned", "DomainRoutable"].map(ready),
      mappedRouteName: service,
      resourceRecords: resourceRecords(domain),
    },
  };
};
