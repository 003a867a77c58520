/** What a deploy writes beside the page: one build serves every environment. */
export type SiteConfig = {
  /** Origin of the API, `https://api.example.com`, with a path where it is behind one. */
  readonly apiUrl: string;
  /** The environment's name, shown as it is. */
  readonly environment: string;
};

/**
 * `missing`: 403 or 404, or the page itself (a single-page fallback). `unreachable`: no answer or another status.
 * `invalid`: JSON that is not a configuration, with every issue.
 */
export type ConfigProblem =
  | { readonly code: "missing" }
  | { readonly code: "unreachable"; readonly httpStatus?: number }
  | { readonly code: "invalid"; readonly issues: readonly string[] };

export type ConfigResult =
  | { readonly kind: "config"; readonly config: SiteConfig }
  | { readonly kind: "problem"; readonly problem: ConfigProblem };

const timeoutMs = 5_000;
const maxLength = 16_384;

const isHttpUrl = (value: unknown): value is string => {
  const url = typeof value === "string" ? URL.parse(value) : null;
  return url !== null && ["http:", "https:"].includes(url.protocol) && !url.username && !url.search && !url.hash;
};

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "" && value.length <= 40;

const problem = (found: ConfigProblem): ConfigResult => ({ kind: "problem", problem: found });

/** Pure. */
export const parseConfig = (text: string): ConfigResult => {
  if (text.trimStart().startsWith("<")) return problem({ code: "missing" });
  let value: unknown;
  try {
    value = JSON.parse(text.slice(0, maxLength));
  } catch {
    return problem({ code: "invalid", issues: ["not JSON"] });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return problem({ code: "invalid", issues: ["not an object"] });
  const { apiUrl, environment } = value as Record<string, unknown>;
  const issues = [
    ...(isHttpUrl(apiUrl) ? [] : ["apiUrl: must be an http or https URL"]),
    ...(isName(environment) ? [] : ["environment: must be a name of 1 to 40 characters"]),
  ];
  if (issues.length > 0 || !isHttpUrl(apiUrl) || !isName(environment)) return problem({ code: "invalid", issues });
  return { kind: "config", config: { apiUrl: apiUrl.replace(/\/+$/, ""), environment: environment.trim() } };
};

/** Never rejects but when `signal` aborts. */
export const loadConfig = async (signal: AbortSignal): Promise<ConfigResult> => {
  try {
    const response = await fetch("/config.json", {
      cache: "no-store",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (response.status === 403 || response.status === 404) return problem({ code: "missing" });
    if (!response.ok) return problem({ code: "unreachable", httpStatus: response.status });
    return parseConfig(await response.text());
  } catch (error) {
    if (signal.aborted) throw error;
    return problem({ code: "unreachable" });
  }
};
