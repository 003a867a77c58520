/** Whoever holds a token that names nobody: the developer at this machine. */
export const DEVELOPER = "developer@localhost";
export const ANONYMOUS = "anonymous";

const tokenOf = (authorization: string): string | undefined => {
  const [, scheme = "", value = ""] = /^(\S+)\s+(.*)$/.exec(authorization.trim()) ?? [];
  if (/^bearer$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  // docker logs in as `oauth2accesstoken` with the token as its password.
  const pair = Buffer.from(value, "base64").toString();
  return pair.slice(pair.indexOf(":") + 1);
};

/** Who calls, by the token's text: `email:<account>` names an account, any other text is the developer, none is nobody. */
export const principalOf = (authorization: string | undefined): string => {
  const token = authorization === undefined ? undefined : tokenOf(authorization);
  if (token === undefined || token === "") return ANONYMOUS;
  return /^email:(\S+@\S+)$/.exec(token)?.[1] ?? DEVELOPER;
};
