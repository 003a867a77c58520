// What the judges of one cloud share: a shell that is set up for it.
import { join } from "node:path";
import { expect } from "vitest";
import { type GoogleShell, openGoogleShell, type Ran } from "../../src/classic-script/google-shell.mts";
import { writeProduct } from "../../src/classic-script/write-product.mts";
import { ask } from "../support/ask.ts";

export type Session = {
  readonly shell: GoogleShell;
  /** The cloud's address. */
  readonly url: string;
  readonly port: string;
  /** Where its commands begin, with the product in it and the cloud's state in `cloud`. */
  readonly folder: string;
  readonly project: string;
  /** The script's image, as the script names it. */
  readonly image: string;
  /** Commands that must succeed. */
  readonly ok: (commands: string) => Promise<Ran>;
  /** A command of gcloud that must succeed; its result. */
  readonly json: <Value = Record<string, unknown>>(command: string) => Promise<Value>;
  /** Generation of each object of a bucket, which every upload changes. */
  readonly generations: (bucket: string) => Promise<Readonly<Record<string, string>>>;
};

type StoredObject = { readonly name: string; readonly generation: string };

export const region = "asia-southeast1";

/** On a cloud with its state in `folder/cloud`; fills the folder with a product. */
export async function createSession({ url, folder }: Pick<Session, "url" | "folder">): Promise<Session> {
  writeProduct(folder);
  const shell = await openGoogleShell({ dataDir: join(folder, "cloud"), folder });
  const { stdout: project } = await shell('echo -n "$CLOUDSDK_CORE_PROJECT"');
  const ok: Session["ok"] = async (commands) => {
    const ran = await shell(commands);
    expect(ran.code, `${commands}\n${ran.stderr}`).toBe(0);
    return ran;
  };
  return {
    ...{ shell, url, folder, project, ok },
    port: new URL(url).port,
    image: `${region}-docker.pkg.dev/${project}/botbalance-backend/api:latest`,
    json: async (command) => JSON.parse((await ok(`${command} --format=json`)).stdout),
    generations: async (bucket) => {
      const { items } = (await ask(`${url}/storage/v1/b/${bucket}/o`)).json() as { items: StoredObject[] };
      return Object.fromEntries(items.map(({ name, generation }) => [name, generation]));
    },
  };
}

/** Once the cloud has started. */
export type UseSession = () => Session;

/** Lanes run side by side, on whatever processors there are. */
export const lane = { concurrent: true, timeout: 300_000 };
/** Within a lane what a test leaves is what the next one begins with. */
export const inOrder = { concurrent: false };
