// Google's library asks for tokens without a deadline of its own, at a metadata server or a token endpoint that may be mute.

/** For all attempts of the library together. */
export const tokenDeadlineMs = 30_000;

class TokenTimeoutError extends Error {
  override readonly name = "TokenTimeoutError";
  /** As a socket's own. */
  readonly code = "ETIMEDOUT";
}

/** What `work` gives, or an error when that takes too long. The library cannot be told to stop: its answer is dropped. */
export async function endedBy<Value>(deadlineMs: number, work: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(new TokenTimeoutError(`no answer within ${deadlineMs / 1000} s`));
  const timer = setTimeout(end, deadlineMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
