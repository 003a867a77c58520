import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** A certificate for localhost that signs itself, in PEM files of `folder`. */
export async function makeCertificate(folder: string): Promise<{ readonly certificate: string; readonly key: string }> {
  const files = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const output = ["-keyout", files.key, "-out", files.certificate, "-days", "2"];
  await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...output]);
  return files;
}

/** For `startRedis`: TLS only, without certificates of clients. */
export const tlsSettings = ({ certificate, key }: { readonly certificate: string; readonly key: string }) => ({
  port: "0",
  "tls-cert-file": certificate,
  "tls-key-file": key,
  "tls-ca-cert-file": certificate,
  "tls-auth-clients": "no",
});
