import fc from "fast-check";
import { expect, test } from "vitest";
import { boundaryOf, readParts } from "./multipart-body.ts";

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const readAll = async (bytes: Buffer, boundary: string, sizes: readonly number[]) => {
  const parts: { headers: object; body: Buffer }[] = [];
  for await (const { headers, body } of readParts(inPieces(bytes, sizes), boundary)) {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    parts.push({ headers, body: Buffer.concat(chunks) });
  }
  return parts;
};

test.for(["\r\n", "\n"])("reads what was written, however it is cut, with lines that end in %j", async (end) => {
  const bodyArbitrary = fc
    .array(fc.constantFrom("\r\n", "\n", "--", "\r\n--", "=b", "x", "\0"), { maxLength: 12 })
    .map((parts) => parts.join(""))
    .filter((text) => !`${end}${text}${end}`.includes(`${end}--=b=`));
  const sizesArbitrary = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(bodyArbitrary, { minLength: 1, maxLength: 3 }), sizesArbitrary, async (bodies, sizes) => {
      const part = (body: string, index: number) => [`--=b=`, `Content-Type: text/${index}`, "", body, ""].join(end);
      const parts = await readAll(Buffer.from(`${bodies.map(part).join("")}--=b=--${end}`), "=b=", sizes);
      expect(parts).toEqual(
        bodies.map((body, index) => ({ headers: { "content-type": `text/${index}` }, body: Buffer.from(body) })),
      );
    }),
  );
});

test("reads a part without headers", async () => {
  expect(await readAll(Buffer.from("--b\r\n\r\nx\r\n--b--"), "b", [3])).toEqual([
    { headers: {}, body: Buffer.from("x") },
  ]);
});

test.for([
  ["another boundary", "--c\r\n\r\nx\r\n--c--"],
  ["no end", "--b\r\n\r\nx\r\n--b\r\n\r\ny"],
  ["no boundary", ""],
  ["headers without end", `--b\r\nA: ${"x".repeat(40_000)}`],
])("refuses a body with %s", async ([, text]) => {
  await expect(readAll(Buffer.from(text as string), "b", [5])).rejects.toThrow("Malformed multipart body");
});

test("finds the boundary in a content type", () => {
  expect(boundaryOf('multipart/related; boundary="===12=="')).toBe("===12==");
  expect(boundaryOf("multipart/related; boundary=abc; charset=utf-8")).toBe("abc");
  expect(boundaryOf("multipart/mixed; charset=utf-8; boundary='a b'")).toBe("a b");
  expect(boundaryOf("application/json")).toBeUndefined();
});
