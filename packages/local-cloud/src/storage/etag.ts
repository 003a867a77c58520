/** A protobuf message with two varints, as Cloud Storage's etags are: opaque to clients, new with every change. */
const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
};

/** Of an object or bucket in JSON: `CPju25vXieMCEAE=`. */
export const etagOf = (generation: number, metageneration: number): string =>
  Buffer.from([0x08, ...varint(generation), 0x10, ...varint(metageneration)]).toString("base64");
