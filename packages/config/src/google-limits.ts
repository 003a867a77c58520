// What Google refuses of CPU, memory, concurrency and time limits, as tables and the rules that read them. Pure.
// https://docs.cloud.google.com/run/docs/configuring/services/cpu, …/jobs/cpu and …/workerpools/cpu
import type { ConfigIssue } from "./config-error.ts";
import { formatMebibytes, mebibytes, seconds } from "./quantities.ts";
import type { WrittenContainer, WrittenStack } from "./written.ts";

/** Memory in MiB by CPU, each row for less CPU than `below`. */
const memoryByCpu = [
  { below: 0.5, least: 128, most: 512 },
  { below: 1, least: 128, most: 1024 },
  { below: 2, least: 128, most: 4096 },
  { below: 4, least: 128, most: 8192 },
  { below: 6, least: 2048, most: 16_384 },
  { below: 8, least: 4096, most: 24_576 },
  { below: Number.POSITIVE_INFINITY, least: 4096, most: 32_768 },
] as const;
const wholeCpus = [1, 2, 4, 6, 8] as const;
/** Jobs and worker pools run in the second generation's environment, always with their CPU. */
const leastOfSecondGeneration = 512;
const longestRequestS = 3600;
const longestTaskS = 168 * 3600;

type Limited = {
  readonly path: string;
  readonly container: WrittenContainer;
  /** Has its CPU also between requests, or knows no requests. */
  readonly alwaysOn: boolean;
  readonly leastMemory: number;
};

function limited({ services = {}, jobs = {}, workers = {} }: WrittenStack): readonly Limited[] {
  return [
    ...Object.entries(services).map(([name, container]) => ({
      path: `services.${name}`,
      container,
      alwaysOn: false,
      leastMemory: 0,
    })),
    ...Object.entries(jobs).map(([name, container]) => ({
      path: `jobs.${name}`,
      container,
      alwaysOn: true,
      leastMemory: leastOfSecondGeneration,
    })),
    ...Object.entries(workers).map(([name, container]) => ({
      path: `workers.${name}`,
      container,
      alwaysOn: true,
      leastMemory: container.as === "service" ? 0 : leastOfSecondGeneration,
    })),
  ];
}

export const cpuIsWhatCloudRunHas = (stack: WrittenStack): readonly ConfigIssue[] =>
  limited(stack).flatMap(({ path, container: { cpu = 1 }, alwaysOn }) => {
    if (cpu < 1 && alwaysOn)
      return [{ path: `${path}.cpu`, message: `${cpu} is for services only: what runs all the time needs 1 or more` }];
    if (cpu < 1 || wholeCpus.some((whole) => whole === cpu)) return [];
    const larger = wholeCpus.find((whole) => whole > cpu) ?? 8;
    return [
      {
        path: `${path}.cpu`,
        message: `${cpu} is not offered, only ${wholeCpus.join(", ")}${alwaysOn ? "" : " or less than 1"}; set it to ${larger}`,
      },
    ];
  });

function memoryRange(cpu: number, leastMemory: number): { readonly least: number; readonly most: number } {
  const { least, most } = memoryByCpu.find(({ below }) => cpu < below) ?? memoryByCpu[6];
  return { least: Math.max(least, leastMemory), most };
}

export const memoryFitsItsCpu = (stack: WrittenStack): readonly ConfigIssue[] =>
  limited(stack).flatMap(({ path, container: { cpu = 1, memory }, leastMemory }) => {
    const size = mebibytes(memory ?? "512Mi");
    const { least, most } = memoryRange(cpu, leastMemory);
    if (size >= least && size <= most) return [];
    const said = `${memory ?? "its default of 512Mi"} does not go with ${cpu} CPU, which takes ${formatMebibytes(least)} to ${formatMebibytes(most)}`;
    const enough = wholeCpus.find((whole) => whole > cpu && size <= memoryRange(whole, leastMemory).most);
    const fix =
      size < least
        ? `set it to ${formatMebibytes(least)}`
        : enough === undefined
          ? `set it to ${formatMebibytes(most)}`
          : `set cpu to ${enough}`;
    return [{ path: `${path}.memory`, message: `${said}; ${fix}` }];
  });

/** Less than one CPU handles one request at a time. */
export const concurrencyFitsItsCpu = ({ services = {} }: WrittenStack): readonly ConfigIssue[] =>
  Object.entries(services).flatMap(([name, { cpu = 1, concurrency }]) =>
    cpu < 1 && concurrency !== 1
      ? [
          {
            path: `services.${name}.concurrency`,
            message: `${concurrency ?? "its default of 80"} does not go with ${cpu} CPU; set it to 1, or cpu to 1`,
          },
        ]
      : [],
  );

export const timeLimitsFitCloudRun = ({ services = {}, jobs = {} }: WrittenStack): readonly ConfigIssue[] => [
  ...Object.entries(services).flatMap(([name, { timeout = "300s" }]) =>
    seconds(timeout) > longestRequestS
      ? [{ path: `services.${name}.timeout`, message: `${timeout} is too long: a request may take 60m at most` }]
      : [],
  ),
  ...Object.entries(jobs).flatMap(([name, { timeout = "10m" }]) =>
    seconds(timeout) > longestTaskS
      ? [{ path: `jobs.${name}.timeout`, message: `${timeout} is too long: a task may take 10080m, a week, at most` }]
      : [],
  ),
];

const leastDatabaseMb = 3840;
const databaseStepMb = 256;

/** https://cloud.google.com/sql/docs/postgres/create-instance#machine-types */
export function databaseSizeIsOffered({ database }: WrittenStack): readonly ConfigIssue[] {
  if (!database) return [];
  const { cpu = 1, memoryMb = leastDatabaseMb } = database;
  if (cpu > 1 && cpu % 2 === 1)
    return [
      { path: "database.cpu", message: `${cpu} is not offered: it is 1, or an even number; set it to ${cpu + 1}` },
    ];
  const least = Math.max(leastDatabaseMb, upToStep(0.9 * 1024 * cpu));
  const most = 6.5 * 1024 * cpu;
  const nearest = Math.min(most, Math.max(least, upToStep(memoryMb)));
  if (nearest === memoryMb) return [];
  const message = `${memoryMb} does not go with ${cpu} CPU, which takes ${least} to ${most} in steps of ${databaseStepMb}`;
  return [
    { path: "database.memoryMb", message: `${message}; set it to ${nearest}${memoryMb > most ? ", or more cpu" : ""}` },
  ];
}

const upToStep = (memoryMb: number): number => Math.ceil(memoryMb / databaseStepMb) * databaseStepMb;
