/** `serviceId` → `service_id`, as a field is called in its proto and in Google's refusals. */
export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `service_id` → `serviceId`; what is camelCase already stays. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The same for a dotted path, except what stands in back quotes (a map's key). */
export const camelCasePath = (path: string): string =>
  path
    .trim()
    .split(".")
    .map((part) => (part.startsWith("`") ? part : camelCase(part)))
    .join(".");
