import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const bundle = async (): Promise<Rolldown.RolldownOutput> => {
  const output = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: true,
      rolldownOptions: {
        input: new URL("../src/browser.ts", import.meta.url).pathname,
        preserveEntrySignatures: "strict",
      },
    },
  });
  const [first] = Array.isArray(output) ? output : [output];
  if (!first || !("output" in first)) throw new Error("vite did not build once");
  return first;
};

test("the browser's entry imports nothing and stays small", async () => {
  const { output } = await bundle();
  const [chunk, ...others] = output;
  expect(others).toEqual([]);
  expect({ imports: chunk.imports, dynamicImports: chunk.dynamicImports }).toEqual({ imports: [], dynamicImports: [] });
  expect(chunk.code).not.toMatch(/\b(?:Buffer|process|require)\b/);
  expect(gzipSync(chunk.code, { level: 9 }).length).toBeLessThan(4_350);
});
