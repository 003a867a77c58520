// What the v1 API takes without doing anything for it, beyond what the v2 API ignores too.
import type { IgnoredField } from "../../server/types.ts";

export const ignoredFields: readonly IgnoredField[] = [
  { field: "run.v1.Container.imagePullPolicy", why: "an image is looked up by its digest" },
  { field: "run.v1.ResourceRequirements.requests", why: "the limits count" },
  { field: "run.v1.Probe.successThreshold", why: "one success is enough, as on Cloud Run" },
  { field: "run.v1.HTTPGetAction.scheme", why: "containers are asked by plain HTTP" },
  { field: "run.v1.TCPSocketAction.host", why: "a probe asks its own container" },
  { field: "run.v1.SecretKeySelector.optional", why: "a secret that is missing is refused" },
  { field: "run.v1.RevisionSpec.enableServiceLinks", why: "there are no service links" },
  { field: "run.v1.RevisionSpec.nodeSelector", why: "a GPU is refused by its limit" },
  { field: "run.v1.VolumeMount.readOnly", why: "what is mounted of a secret or a socket's folder cannot be written" },
  { field: "run.v1.ContainerPort.protocol", why: "containers listen by TCP" },
  { field: "run.v1.list.limit", why: "lists come whole; the same for `continue`" },
];
