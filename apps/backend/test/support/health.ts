import { request } from "undici";

type Check = { readonly status: string; readonly output?: string; readonly critical: boolean };
export type HealthAnswer = {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly status: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** By component: `{ database: "pass", redis: "fail" }`. */
  readonly states: Readonly<Record<string, string>>;
  /** What unwell components say. */
  readonly outputs: Readonly<Record<string, string | undefined>>;
};

export async function readHealth(
  url: string,
  path = "/api/health/detailed",
  requestHeaders: Readonly<Record<string, string>> = {},
): Promise<HealthAnswer> {
  const { statusCode, headers, body } = await request(url + path, { headers: requestHeaders });
  const report = (await body.json()) as { status: string; checks?: Record<string, Check[]> };
  const checks = Object.entries(report.checks ?? {}).map(([name, [check]]) => [name.split(":")[0], check] as const);
  return {
    code: statusCode,
    headers,
    status: report.status,
    body: report as Record<string, unknown>,
    states: Object.fromEntries(checks.map(([name, check]) => [name, check?.status ?? "missing"])),
    outputs: Object.fromEntries(checks.map(([name, check]) => [name, check?.output])),
  };
}
