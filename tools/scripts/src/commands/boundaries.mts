// Fails when a project depends on one that DESIGN does not let it. Undeclared imports cannot occur (pnpm isolates
// node_modules, Biome's noUndeclaredDependencies), nor relative ones across packages (TypeScript's rootDir), so the
// project graph is the whole truth.
import { readFileSync } from "node:fs";
import { $, tmpfile } from "zx";

type Graph = {
  readonly nodes: Readonly<Record<string, { readonly data: { readonly tags?: readonly string[] } }>>;
  readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>;
};

/** Who may import whom. `deploy-sdk` sees the local cloud in its tests only: as a development dependency. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "type:config": [],
  "type:health-client": [],
  "type:local-cloud": [],
  "type:deploy-sdk": ["type:config", "type:health-client"],
  "type:dashboard": ["type:health-client"],
  "type:backend": [],
  "type:example": ["type:config"],
  "type:tool": ["type:config", "type:health-client", "type:local-cloud", "type:deploy-sdk", "type:tool"],
};
const allowedInTests: Readonly<Record<string, readonly string[]>> = { "type:deploy-sdk": ["type:local-cloud"] };

const tagOf = ({ nodes }: Graph, name: string): string =>
  nodes[name]?.data.tags?.find((tag) => tag.startsWith("type:")) ?? "untagged";

const isDevelopmentDependency = (graph: Graph, from: string, target: string): boolean => {
  const root = (graph.nodes[from] as { data: { root: string } } | undefined)?.data.root ?? "";
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
  return manifest.dependencies?.[`@slipway/${target}`] === undefined;
};

/** Every edge that is not allowed, as a sentence. */
function boundaryProblems(graph: Graph): readonly string[] {
  return Object.entries(graph.dependencies).flatMap(([from, edges]) =>
    edges.flatMap(({ target }) => {
      if (!(target in graph.nodes)) return [];
      const [source, sink] = [tagOf(graph, from), tagOf(graph, target)];
      const inTests = allowedInTests[source]?.includes(sink) && isDevelopmentDependency(graph, from, target);
      return allowed[source]?.includes(sink) || inTests
        ? []
        : [`${from} (${source}) must not depend on ${target} (${sink})`];
    }),
  );
}

const file = tmpfile("graph.json");
await $({ quiet: true })`nx graph --file=${file}`;
const { graph }: { graph: Graph } = JSON.parse(readFileSync(file, "utf8"));
const problems = boundaryProblems(graph);
for (const problem of problems) console.error(`error  ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
