// Variables and site configuration may name what only the deploy knows: `{services.api.url}`.

const reference = /\{([a-z]+(?:\.[A-Za-z0-9_-]+)*)\}/g;

/** The references in a text: `"{services.api.url}"` → `["services.api.url"]`. */
export const templateReferences = (text: string): readonly string[] =>
  Array.from(text.matchAll(reference), ([, path = ""]) => path);

/** Fills every reference from `facts`; what is missing there is returned, not guessed. */
export function expandTemplate(
  text: string,
  facts: Readonly<Record<string, string>>,
): { readonly text: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const expanded = text.replace(reference, (whole, path: string) => {
    const fact = facts[path];
    if (fact === undefined) missing.push(path);
    return fact ?? whole;
  });
  return { text: expanded, missing };
}
