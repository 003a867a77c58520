// How much a request and its answer may be over HTTP/1: https://cloud.google.com/run/quotas#request_limits
import { Transform } from "node:stream";

export const maxMessageBytes = 32 * 2 ** 20;

/** Passes on what it gets, up to the limit; then calls `onExceeded`, and passes on no more. */
export const limitBytes = (onExceeded: () => void, maxBytes = maxMessageBytes): Transform => {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const before = sizeBytes;
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBytes) done(null, chunk);
      else done();
      if (before <= maxBytes && sizeBytes > maxBytes) onExceeded();
    },
  });
};
