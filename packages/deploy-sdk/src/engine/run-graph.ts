// Runs what depends on each other: each as soon as all it needs is done, the independent at the same time.

export type Node = { readonly name: string; readonly after: readonly string[] };

/**
 * Calls `work` for each node with the results of those that it names and that are among `nodes`. A node is begun when
 * they all have a result; `work` decides what a bad one means. Results are in the order of `nodes`.
 */
export async function runGraph<Of extends Node, Result>(
  nodes: readonly Of[],
  work: (node: Of, needed: readonly Result[]) => Promise<Result>,
): Promise<readonly Result[]> {
  const begun = new Map<string, Promise<Result>>();
  for (const node of nodes) {
    // `nodes` are in an order in which each comes after those it names.
    const needed = node.after.flatMap((name) => begun.get(name) ?? []);
    begun.set(
      node.name,
      Promise.all(needed).then((results) => work(node, results)),
    );
  }
  // One that throws must not let the others go on unwatched.
  await Promise.allSettled(begun.values());
  return Promise.all(begun.values());
}
