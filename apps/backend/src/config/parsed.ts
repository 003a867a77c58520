/** What parsing gives: a value, or every problem that was found, none of which repeats what might be a secret. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly string[] };

export const parsed = <Value>(value: Value): Parsed<Value> => ({ ok: true, value });
export const problem = (...problems: readonly string[]): Parsed<never> => ({ ok: false, problems });

/** The text without percent-encoding; undefined where that is malformed. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
