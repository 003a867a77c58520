// A stack with one site, resolved for a cloud at any address.
import { resolveStack, type SiteUnit, type Stack } from "@slipway/config";

export type SiteOptions = {
  readonly keep?: { readonly releases?: number; readonly days?: number };
  readonly config?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, { readonly cacheControl?: string }>>;
  readonly bucket?: string;
  readonly project?: string;
};

export const resolveSiteStack = (endpoint: string, options: SiteOptions = {}): Stack =>
  resolveStack(
    {
      name: "shop",
      region: "europe-west1",
      environments: { local: { project: options.project ?? "demo-local", endpoint, gate: { timeout: "2s" } } },
      sites: {
        app: {
          project: "apps/web",
          bucket: options.bucket ?? "app.example.com",
          ...(options.keep && { keep: options.keep }),
          ...(options.config && { config: options.config }),
          ...(options.headers && { headers: options.headers }),
        },
      },
    },
    "local",
  );

export function siteUnit({ units }: Stack): SiteUnit {
  const [unit] = units;
  if (unit?.kind !== "site") throw new Error("no site");
  return unit;
}
