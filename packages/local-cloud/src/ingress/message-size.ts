/** How much a request and its answer may be over HTTP/1: https://cloud.google.com/run/quotas#request_limits */
export const maxMessageBytes = 32 * 2 ** 20;
