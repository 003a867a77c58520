/**
 * The least string above every string that starts with `prefix`, in the order of UTF-8 bytes (which is the order of code
 * points). Undefined: nothing is above, the range is open. With it a prefix search is a range on the index.
 */
export const prefixEnd = (prefix: string): string | undefined => {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0;
    if (last < 0x10ffff) return points.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
};
