// Pure. Cloud Storage lists names in the order of their UTF-8 bytes; JavaScript's `<` orders UTF-16 code units. The two
// differ where one name has a character past U+FFFF (a surrogate pair) and the other one in U+E000–U+FFFF.

/** Negative, zero or positive, as the UTF-8 bytes of `a` sort before, with or after those of `b`. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** A code unit's place by UTF-8: surrogates stand for what sorts last. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

const surrogate = /[\ud800-\udfff]/;

/** A copy of `items`, sorted by the UTF-8 bytes of their names. */
export function sortByUtf8<Item>(items: readonly Item[], name: (item: Item) => string): Item[] {
  // Without a surrogate both orders are the same, and `<` compares natively.
  if (items.some((item) => surrogate.test(name(item)))) return items.toSorted((a, b) => compareUtf8(name(a), name(b)));
  return items.toSorted((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
}
