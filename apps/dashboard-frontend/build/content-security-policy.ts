import { createHash } from "node:crypto";
import type { Plugin } from "vite";

const inlineScript = /<script>([\s\S]*?)<\/script>/g;

/** The API's origin is known only to /config.json: the page may connect to any https origin, and to plain http on this machine. */
const connectSources = "'self' https: http://localhost:* http://*.localhost:* http://127.0.0.1:*";

/** Pure. The policy for a page with these inline scripts, which are allowed by their hashes. */
export const contentSecurityPolicy = (html: string): string => {
  const hashes = [...html.matchAll(inlineScript)].map(
    ([, code = ""]) => `'sha256-${createHash("sha256").update(code).digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${["'self'", ...hashes].join(" ")}`,
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${connectSources}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
};

/** As a `<meta>`, since a bucket sends no header of ours. In the built page only: the development server injects scripts. */
export const contentSecurityPolicyPlugin = (): Plugin => ({
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (html) =>
      html.replace(
        /<meta charset="utf-8" ?\/?>/,
        (charset) =>
          `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(html)}" />`,
      ),
  },
});
