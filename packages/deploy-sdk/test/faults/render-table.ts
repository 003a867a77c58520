// docs/faults.md, written from the table.
import { endings, type FaultName, faults, methods, rowOf } from "./fault-table.ts";

const meanings = {
  "429": "refused with `Retry-After`, before it was looked at",
  "503": "the server cannot answer now",
  "408": "the server has waited too long for the request",
  "reset before": "the connection breaks, nothing was applied",
  "reset after": "the connection breaks when the request was applied, before its answer",
  "broken request": "the request's body breaks off after some bytes",
  "broken answer": "the answer breaks off after some bytes; the request was applied",
  stall: "no byte moves in either direction any more",
  latency: "the answer comes late",
  quota: "a limit of the project is used up for a moment",
  "operation fails": "the request was accepted, and the operation that it started fails",
  "slow start": "a container takes its time to start",
  "instance killed": "an instance that is ready is killed",
} as const satisfies Record<FaultName, string>;

const names = Object.keys(faults) as readonly FaultName[];
const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const list = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([name, meaning]) => `- **${name}**: ${meaning}`)
    .join("\n");

export const renderTable = (): string => `# Faults

What becomes of a call of the SDK when something goes wrong with it. The table is written by
\`packages/deploy-sdk/test/fault-table.test.ts\`, which brings every one of these faults about in a local cloud, sees that it
has struck, and looks what there is afterwards. Its methods are those that a whole life of a stack calls (provision,
release, status, history, logs, rollback, sync, secrets): a call of another method fails that test until it has a row.

## How a call ends

${list(endings)}

A run that ended with a typed error has told it, with exit code 3, and is run again: there is no state to mend first.

## What goes wrong

${list(meanings)}

Each strikes once. More in a row are borne as the table in \`packages/deploy-sdk/src/google/retry.ts\` says. The local cloud
brings them about on demand: \`POST /_local/faults\`.

## Method by method

Empty: it cannot happen there. A read has no body that could break off, and starts no operation. A secret's version is the
first one, which provisioning makes; \`pnpm secret set\` tells of a lost answer instead, and adds nothing twice.

${line(["method", ...names])}
${line(["---", ...names.map(() => "---")])}
${methods.map((method) => line([`\`${method}\``, ...names.map((name) => rowOf(method)[name] ?? "")])).join("\n")}

## A killed process

A deploy that is killed is run again: what it had done is found, and what it had begun is finished. A local cloud that is
killed (\`kill -9\`) opens its state again and has everything that it had confirmed: \`cloud-kill.test.ts\` kills one fifty times
in the middle of a deploy. That is a killed process, not a lost power supply:
[what is kept](local-cloud.md#what-is-kept) tells the difference.
`;
