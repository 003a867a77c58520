// Pure but for reading its pages. Two listings in the order of UTF-8 bytes, walked in lock step: each name is met once,
// with what is on either side, and of the remote side no more than a page is held.
import { DeployError } from "../deploy-error.ts";
import { compareUtf8 } from "./utf8-order.ts";

export type Pair<Local, Remote> = { readonly local: Local | undefined; readonly remote: Remote | undefined };
export type Visit<Local, Remote> = (pair: Pair<Local, Remote>) => void;

type Merger<Remote> = { readonly page: (page: readonly Remote[]) => void; readonly end: () => void };

/** @throws DeployError `remote-failed` where the remote listing is out of order: merging it would delete what is wanted. */
export async function mergeListings<Local, Remote extends { readonly name: string }>(
  local: readonly Local[],
  nameOf: (local: Local) => string,
  remotePages: AsyncIterable<readonly Remote[]>,
  visit: Visit<Local, Remote>,
): Promise<void> {
  const merger = createMerger(local, nameOf, visit);
  for await (const page of remotePages) merger.page(page);
  merger.end();
}

/** The same for a remote listing that is held whole. */
export function mergeSorted<Local, Remote extends { readonly name: string }>(
  local: readonly Local[],
  nameOf: (local: Local) => string,
  remote: readonly Remote[],
  visit: Visit<Local, Remote>,
): void {
  const merger = createMerger(local, nameOf, visit);
  merger.page(remote);
  merger.end();
}

function createMerger<Local, Remote extends { readonly name: string }>(
  local: readonly Local[],
  nameOf: (local: Local) => string,
  visit: Visit<Local, Remote>,
): Merger<Remote> {
  let next = 0;
  let previous: string | undefined;
  /** Visits what comes before `name` and exists locally only; then returns what is there under that name. */
  const advanceTo = (name: string): Local | undefined => {
    for (let item = local[next]; item !== undefined; item = local[next]) {
      const order = compareUtf8(nameOf(item), name);
      if (order > 0) return undefined;
      next += 1;
      if (order === 0) return item;
      visit({ local: item, remote: undefined });
    }
    return undefined;
  };
  return {
    page: (page) => {
      for (const remote of page) {
        if (previous !== undefined && compareUtf8(previous, remote.name) >= 0) throw outOfOrder(previous, remote.name);
        previous = remote.name;
        visit({ local: advanceTo(remote.name), remote });
      }
    },
    end: () => {
      for (const item of local.slice(next)) visit({ local: item, remote: undefined });
    },
  };
}

const outOfOrder = (previous: string, name: string): DeployError =>
  new DeployError("remote-failed", {
    subject: "listing of the bucket",
    message: `the server lists ${JSON.stringify(name)} after ${JSON.stringify(previous)}, which is not the order of UTF-8 bytes`,
  });
