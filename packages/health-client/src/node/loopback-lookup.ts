import { type LookupAddress, type LookupOptions, lookup } from "node:dns";

type Callback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

const loopback: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

const isLocalhost = (hostname: string) => /(^|\.)localhost\.?$/i.test(hostname);

/** `dns.lookup`, but `localhost` and every name below it is loopback without asking a resolver (RFC 6761, 6.3). */
export const loopbackLookup = (hostname: string, options: LookupOptions, callback: Callback): void => {
  if (!isLocalhost(hostname)) {
    lookup(hostname, options, callback);
    return;
  }
  const family = options.family === "IPv6" ? 6 : options.family === "IPv4" ? 4 : options.family;
  const addresses = loopback.filter((entry) => !family || entry.family === family);
  const [first] = addresses;
  if (options.all) callback(null, [...addresses]);
  else callback(null, first?.address ?? "127.0.0.1", first?.family ?? 4);
};
