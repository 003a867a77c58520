// Methods of services, worker pools and revisions.
import type { ProtoHandler } from "../../server/proto-routes.ts";
import { formatParent, parseResource } from "../resource-names.ts";
import type { RevisionedController } from "../revisioned-controller.ts";
import type { Revisioned } from "../revisioned-kind.ts";
import type { RunEngine } from "../run-engine.ts";
import { input, page, text, writeOptions } from "./message-fields.ts";

type Handlers = Readonly<Record<string, ProtoHandler>>;

const base = "google.cloud.run.v2";

/** @param field of the requests that holds the resource: `service`, whose id is then `serviceId` */
export function revisionedHandlers<Resource extends Revisioned>(
  api: string,
  type: string,
  field: string,
  controller: RevisionedController<Resource>,
): Handlers {
  const rpc = (method: string): string => `${base}.${api}.${method}`;
  const [create, update, remove] = [rpc(`Create${type}`), rpc(`Update${type}`), rpc(`Delete${type}`)];
  return {
    [create]: (message, request) =>
      controller.create({
        ...writeOptions(message, request, create),
        parent: text(message, "parent"),
        id: text(message, `${field}Id`),
        input: input(message, field),
      }),
    [update]: (message, request) =>
      controller.update({
        ...writeOptions(message, request, update),
        name: text(input(message, field), "name"),
        input: input(message, field),
        mask: message["updateMask"],
        allowMissing: message["allowMissing"] === true,
        forceNewRevision: message["forceNewRevision"] === true,
      }),
    [remove]: (message, request) =>
      controller.delete({
        ...writeOptions(message, request, remove),
        name: text(message, "name"),
        etag: message["etag"],
      }),
    [rpc(`Get${type}`)]: (message) => controller.get(text(message, "name")),
    [rpc(`List${type}s`)]: (message) => {
      const { items, nextPageToken } = controller.list(text(message, "parent"), page(message));
      return { [`${field}s`]: items, nextPageToken };
    },
  };
}

export const revisionHandlers = ({ revisions, state: { operations } }: RunEngine): Handlers => ({
  [`${base}.Revisions.GetRevision`]: (message) => revisions.get(text(message, "name")),
  [`${base}.Revisions.ListRevisions`]: (message) => {
    const { items, nextPageToken } = revisions.list(text(message, "parent"), page(message));
    return { revisions: items, nextPageToken };
  },
  [`${base}.Revisions.DeleteRevision`]: (message) => {
    const name = text(message, "name");
    const revision = revisions.delete(name, message["etag"], message["validateOnly"] === true);
    const typed = { ...revision, "@type": "type.googleapis.com/google.cloud.run.v2.Revision" };
    return operations.createDone(formatParent(parseResource(name)), typed, { response: typed });
  },
});
