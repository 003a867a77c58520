// Buffers that are used again. Uploading 2,000 files through fresh ones takes 200 MB and a third more CPU: the kernel
// zeroes each page anew, and they die old enough to be the slow kind of garbage.

export type Borrowed = {
  /** Exactly as long as asked; its content is whatever was there. */
  readonly bytes: Buffer;
  /** At most once, when nothing can read or write it any more. Not calling it costs a reuse, nothing else. */
  readonly giveBack: () => void;
};

const smallestBits = 12;
/** Larger ones are rare, and kept they would cost more memory than they save. */
const largestBits = 20;
const keptBytes = 8 * 2 ** 20;

const free = new Map<number, Buffer[]>();
let kept = 0;

export function borrowBuffer(sizeBytes: number): Borrowed {
  const bits = Math.max(smallestBits, 32 - Math.clz32(Math.max(1, sizeBytes) - 1));
  if (bits > largestBits) return { bytes: Buffer.allocUnsafeSlow(sizeBytes), giveBack: () => {} };
  const list = free.get(bits) ?? [];
  free.set(bits, list);
  const reused = list.pop();
  if (reused) kept -= reused.byteLength;
  const whole = reused ?? Buffer.allocUnsafeSlow(2 ** bits);
  return {
    bytes: whole.subarray(0, sizeBytes),
    giveBack: () => {
      if (kept + whole.byteLength > keptBytes) return;
      kept += whole.byteLength;
      list.push(whole);
    },
  };
}
