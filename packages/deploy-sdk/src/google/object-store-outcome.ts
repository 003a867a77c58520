// What a write under a precondition came to.
//
// An answer can be lost after the write was applied. The transport then sends the write again, and the precondition
// that guarded it is now refused because of ourselves. So a 412 is believed at once only when the first attempt got it;
// after a retry the object is read back:
//
//   | attempts | answer         | object now                      | outcome                   |
//   | any      | 2xx            |                                 | written                   |
//   | 1        | 412 or 404     |                                 | another's write was first |
//   | several  | 412            | what this write would have left | written: it had landed    |
//   | several  | 412            | anything else, or nothing       | another's write was first |
//   | any      | 2xx, broken off | as for 412 after several attempts                          |
import { DeployError } from "../deploy-error.ts";
import type { ObjectInfo, StoreTarget, WriteOutcome } from "./object-store.ts";
import {
  type ObjectJson,
  objectFields,
  objectPath,
  parseGeneration,
  parseObject,
  withQuery,
} from "./object-store-wire.ts";
import type { TransportResponse } from "./transport.ts";

/** Is this what the write would have left? */
export type Landed = (object: ObjectInfo) => boolean;

export type Write<Reply> = {
  readonly name: string;
  readonly landed: Landed;
  readonly signal?: AbortSignal | undefined;
  /** Sends it, with 412 expected; and 404 too where that means that the object is gone. */
  readonly send: (subject: string) => Promise<TransportResponse>;
  /** The object in the answer. */
  readonly resource: (reply: Reply) => ObjectJson | undefined;
};

/** For answers that are the object itself. */
export const wholeReply = (reply: ObjectJson): ObjectJson => reply;

/** Sends a write and tells what it came to. */
export async function settle<Reply>(target: StoreTarget, write: Write<Reply>): Promise<WriteOutcome> {
  const { name, landed, signal } = write;
  const response = await write.send(objectSubject(target, name));
  if (response.status === 404) return { written: false, current: undefined };
  if (response.status === 412)
    return readBack(target, { name, signal, landed: response.attempts > 1 ? landed : never });
  try {
    const resource = write.resource(await response.json<Reply>());
    return { written: true, generation: parseGeneration(resource?.generation, objectSubject(target, name)) };
  } catch (error) {
    if (error instanceof DeployError && error.retryable) return readBack(target, { name, signal, landed });
    throw error;
  }
}

/** Nothing that is there can be ours: this write was never sent before. */
export const never: Landed = () => false;

/** What is there now, judged by `landed`. */
export async function readBack(
  target: StoreTarget,
  { name, landed, signal }: Pick<Write<never>, "name" | "landed" | "signal">,
): Promise<WriteOutcome> {
  const current = await headObject(target, name, signal);
  return current && landed(current) ? { written: true, generation: current.generation } : { written: false, current };
}

export async function headObject(
  target: StoreTarget,
  name: string,
  signal?: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const response = await target.transport.request({
    api: "storage",
    method: "GET",
    path: withQuery(objectPath(target.bucket, name), { fields: objectFields }),
    expect: [404],
    subject: objectSubject(target, name),
    ...(signal && { signal }),
  });
  return response.status === 404
    ? undefined
    : parseObject(await response.json<ObjectJson>(), objectSubject(target, name));
}

export const objectSubject = ({ subject }: StoreTarget, name: string): string => `${subject}, object "${name}"`;
