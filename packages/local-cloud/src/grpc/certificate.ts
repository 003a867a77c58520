// The certificate by which clients that insist on TLS know this cloud: made for a data folder, self-signed, for Google's
// names alone. It is no certificate authority: with its key nothing can be vouched for but the cloud itself, and nobody
// trusts it who was not handed its file.
import { KeyObject, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Certificate = {
  /** PEM, as is `key`. */
  readonly cert: string;
  readonly key: string;
};

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 3_600_000;
/** As long as a folder may be kept; `pnpm local reset` ends it sooner. */
const VALID_MS = 3650 * DAY_MS;

/** The library is loaded here alone: it costs more memory than all else of gRPC, and is needed once a folder. */
const generate = async (now: Date): Promise<Certificate> => {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Local cloud",
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + VALID_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "*.googleapis.com" }]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { cert: `${certificate.toString("pem")}\n`, key: String(key) };
};

const folderOf = (dataDir: string): string => join(dataDir, "tls");

/** What a client is given to trust; there once `ensureCertificate` has resolved. */
export const certificateFile = (dataDir: string): string => join(folderOf(dataDir), "certificate.pem");

const keyFile = (dataDir: string): string => join(folderOf(dataDir), "key.pem");

/** Both files at once, so that of several that make one, all end up with the first's. */
const keep = (dataDir: string, { cert, key }: Certificate): void => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = mkdtempSync(join(dataDir, "tls-"));
  try {
    writeFileSync(join(draft, "key.pem"), key, { mode: 0o600 });
    writeFileSync(join(draft, "certificate.pem"), cert, { mode: 0o644 });
    renameSync(draft, folderOf(dataDir));
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(certificateFile(dataDir))) throw error;
  }
};

/** The certificate of a data folder; made, with a key that its owner alone can read, where there is none. */
export const ensureCertificate = async (dataDir: string, now: Date = new Date()): Promise<Certificate> => {
  if (!existsSync(certificateFile(dataDir))) keep(dataDir, await generate(now));
  return { cert: readFileSync(certificateFile(dataDir), "utf8"), key: readFileSync(keyFile(dataDir), "utf8") };
};
