import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnswerHead } from "./answer-head.ts";
import { AnswerParser, MalformedAnswer, type Trailers } from "./answer-parser.ts";

type Answer = {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: Trailers;
};

/** What the parser makes of bytes that come in these pieces, before the connection ends; undefined: malformed. */
function parse(pieces: readonly Buffer[], isHead = false): { answer?: Answer; head?: AnswerHead } | undefined {
  const parser = new AnswerParser();
  let head: AnswerHead | undefined;
  let body = "";
  let answer: Answer | undefined;
  const onEnd = (trailers: Trailers = {}): void => {
    if (head) answer = { status: head.status, headers: head.headers, body, trailers };
  };
  const sink = {
    onHead: (value: AnswerHead) => {
      head = value;
    },
    onData: (chunk: Buffer) => {
      body += chunk.toString("latin1");
    },
    onEnd,
  };
  parser.expect(sink, isHead);
  try {
    for (const piece of pieces) parser.push(piece);
    parser.finish();
  } catch (error) {
    if (error instanceof MalformedAnswer) return undefined;
    throw error;
  }
  return { ...(answer && { answer }), ...(head && { head }) };
}

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");

const token = fc.stringMatching(/^X-[A-Za-z0-9]{1,8}$/);
const value = fc.stringMatching(/^[!-~](?:[ -~]{0,20}[!-~])?$/);
const bodyPart = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 });
const messages = fc.record({
  status: fc.constantFrom(200, 201, 404, 500, 799),
  phrase: fc.constantFrom("", " ", " OK", " Not so well"),
  headers: fc.array(fc.tuple(token, value), { maxLength: 5 }),
  parts: fc.array(bodyPart, { maxLength: 5 }),
  framing: fc.constantFrom("length", "chunked", "until-close"),
  interim: fc.boolean(),
  trailers: fc.uniqueArray(fc.tuple(token, value), { maxLength: 2, selector: ([name]) => name.toLowerCase() }),
});
type Message = typeof messages extends fc.Arbitrary<infer T> ? T : never;

function written({ status, phrase, headers, parts, framing, interim, trailers }: Message): string {
  const lines = [`HTTP/1.1 ${status}${phrase}`, ...headers.map(([name, text]) => `${name}: ${text} `)];
  const body = parts.join("");
  if (framing === "length") lines.push(`content-length:${body.length}`);
  if (framing === "chunked") lines.push("Transfer-Encoding: Chunked");
  const chunks = parts.map((part) => `${part.length.toString(16)};ext=1\r\n${part}\r\n`).join("");
  const end = `0\r\n${trailers.map(([name, text]) => `${name}: ${text}\r\n`).join("")}\r\n`;
  const before = interim ? "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" : "";
  return `${before}${lines.join("\r\n")}\r\n\r\n${framing === "chunked" ? chunks + end : body}`;
}

const lengthHeader = ({ framing, parts }: Message): readonly string[] =>
  framing === "length" ? ["content-length", String(parts.join("").length)] : [];

test("an answer is the same wherever its bytes are parted", () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 6 }), (message, cuts) => {
      const bytes = bytesOf(written(message));
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      expect(parse(pieces)?.answer).toEqual({
        status: message.status,
        headers: [...message.headers.flat(), ...lengthHeader(message)],
        body: message.parts.join(""),
        trailers: message.framing === "chunked" ? Object.fromEntries(message.trailers) : {},
      });
    }),
    { numRuns: 300 },
  );
});

describe("with Node's own parser as the judge", () => {
  let server: Server;
  let bytes = "";
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(bytes, "latin1"));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => void server.close());

  const seenByNode = async (): Promise<Answer | undefined> => {
    const { port } = server.address() as AddressInfo;
    try {
      const sent = get({ port, host: "127.0.0.1", agent: false });
      sent.on("error", () => {}); // after its head, the answer's stream tells of it too
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      const body = Buffer.concat(await response.toArray()).toString("latin1");
      const hop = /^(connection|keep-alive|transfer-encoding)$/i;
      const { rawHeaders } = response;
      const headers = rawHeaders.filter((_, index) => !hop.test(rawHeaders[index - (index % 2)] ?? ""));
      return { status: response.statusCode ?? 0, headers, body, trailers: response.trailers as Trailers };
    } catch {
      return undefined;
    }
  };

  test.each([
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.0 200 OK\r\n\r\nall until the end",
    "HTTP/1.1 204 No Content\r\nx: 1\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\ncontent-length: 10\r\n\r\n",
    "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 \xe9t\xe9\r\nx: caf\xe9\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nempty:\r\ntabs:\t a \t\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n00\r\nx: 1\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1",
  ])("takes %j alike", async (text) => {
    bytes = text;
    const node = await seenByNode();
    expect(node).toBeDefined();
    expect(parse([bytesOf(text)])?.answer).toEqual(node);
  });

  test.each([
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 abc OK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\n: no name\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nab",
    "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nkeep-alive: a\x00b\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=\x01\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: a\x01b\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n1",
    "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n1",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
    "HTTP/1.1 200 OK\r\nx: 1",
    "",
  ])("refuses %j as Node does", async (text) => {
    bytes = text;
    expect(await seenByNode()).toBeUndefined();
    expect(parse([bytesOf(text)])?.answer).toBeUndefined();
  });
});

test("refuses what Node lets pass: a second answer, a list of codings, a switch of protocols, a length as a trailer, endless heads and lines", () => {
  const one = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const text of [
    one + one,
    one.replace("content-length: 2", "transfer-encoding: gzip, chunked"),
    one.replace("content-length: 2", "transfer-encoding: chunked\r\ntransfer-encoding: chunked"),
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    `HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}`,
    `${chunked}0\r\ncontent-length: 9\r\n\r\n`,
    `${chunked}${"0".repeat(5_000)}`,
    `${chunked}0\r\n${Array.from({ length: 101 }, (_, index) => `x${index}: 1\r\n`).join("")}\r\n`,
  ])
    expect(parse([bytesOf(text)]), text.slice(0, 80)).toBeUndefined();
});

test("knows when a connection is good for another request, and for how long", () => {
  const head = (lines: string, isHead = false) => parse([bytesOf(`${lines}\r\n\r\n`)], isHead)?.head;
  const ok = "HTTP/1.1 200 OK\r\ncontent-length: 0";
  expect(head(ok)).toMatchObject({ keepsAlive: true });
  expect(head(`${ok}\r\nConnection: Close`)).toMatchObject({ keepsAlive: false });
  expect(head(ok.replace("1.1", "1.0"))).toMatchObject({ keepsAlive: false });
  expect(head(`${ok.replace("1.1", "1.0")}\r\nconnection: keep-alive`)).toMatchObject({ keepsAlive: true });
  expect(head("HTTP/1.1 200 OK")).toMatchObject({ keepsAlive: false, length: "until-close" });
  expect(head(`${ok}\r\nKeep-Alive: timeout=5, max=100`)).toMatchObject({ idleS: 5, headers: ["content-length", "0"] });
  expect(head("HTTP/1.1 200 OK\r\ncontent-length: 7", true)).toMatchObject({ length: 0, keepsAlive: true });
  expect(head(`${ok}\r\nX-Hop: 1\r\nx-kept: 2\r\nConnection: x-hop`)?.headers).toEqual([
    ...["content-length", "0", "x-kept", "2"],
  ]);
});
