// Pure. Reads untrusted JSON: every accessor bounds what it returns.

export type JsonObject = Readonly<Record<string, unknown>>;

const maxTextLength = 300;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What would act on a terminal, or turn the text around it: C0, C1 and the controls of writing direction. */
const controls = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The first line of a non-empty string, bounded and without controls, without the credentials that a URL in it may hold. */
export const readText = (value: unknown, maxLength = maxTextLength): string | undefined => {
  if (typeof value !== "string") return undefined;
  const line = value.trim().split(/[\r\n]/, 1)[0] ?? "";
  // Cut before redacting, with room for what is redacted, so that a huge text costs nothing.
  const shown = line
    .slice(0, 4 * maxLength)
    .replaceAll("\t", " ")
    .replace(controls, "");
  const safe = shown.replace(/:\/\/[^/\s]*@/g, "://[redacted]@");
  return safe.slice(0, maxLength).trim() || undefined;
};

export const readNumber = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;

/** A date and time that `Date` understands. */
export const readTime = (value: unknown): string | undefined => {
  const text = readText(value, 40);
  return Number.isNaN(Date.parse(text ?? "")) ? undefined : text;
};

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
