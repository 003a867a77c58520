// Pure. Kubernetes' quantities and protobuf's durations, as Cloud Run takes them.

const memoryUnits: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** `512Mi` in bytes; undefined where it is no such quantity. */
export function parseMemory(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([kKMGT]i?)?$/.exec(text) ?? [];
  const factor = memoryUnits[unit];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** `1`, `0.5` or `500m` in processors; undefined where it is no such quantity. */
export function parseCpu(text: string): number | undefined {
  const [, number, milli] = /^(\d+(?:\.\d+)?)(m)?$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) / (milli ? 1000 : 1);
}

/** `300s` or `1.5s` in milliseconds; undefined where it is no such duration. */
export function parseDurationMs(text: string): number | undefined {
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(text) ?? [];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}
