/** Told of each request that changes something, and of bytes as they leave. */
export type Progress = { readonly done: () => void; readonly bytes: (count: number) => void };

/** Counts, and tells the sums whenever one of them has grown. */
export function countProgress(tell: (done: number, bytesDone: number) => void): Progress {
  let done = 0;
  let bytesDone = 0;
  return {
    done: () => {
      done += 1;
      tell(done, bytesDone);
    },
    bytes: (count) => {
      bytesDone += count;
      tell(done, bytesDone);
    },
  };
}
