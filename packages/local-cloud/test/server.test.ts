import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { GoogleError } from "../src/server/google-error.ts";
import type { CloudContext, CloudService, Route } from "../src/server/types.ts";
import { startCloud } from "./support/start-cloud.ts";

const route = (given: Pick<Route, "template" | "handle"> & Partial<Route>): Route => ({
  method: "GET",
  rpc: `test.${given.template}`,
  write: false,
  ...given,
});

const service = (api: string, ...routes: Route[]): CloudService => ({ api, routes });

const startWith = (...services: CloudService[]) => startCloud({ services: () => services });

/** Sends a request as it stands, returns all that comes back until the connection ends. */
const sendRaw = async (port: number, text: string): Promise<string> => {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(text);
  let received = "";
  for await (const chunk of socket) received += String(chunk);
  return received;
};

const echo = route({
  template: "/v1/{name=things/*}",
  handle: ({ host, path, query, params, principal, origin }) => ({
    status: 200,
    json: { host, path, query: [...query], params, principal, origin },
  }),
});

test("hands the handler the route's variables, the query and the caller", async () => {
  const cloud = await startWith(service("things.googleapis.com", echo));
  const { json } = await cloud.fetchJson("/v1/things/a?x=1&x=2", { headers: { authorization: "Bearer email:a@b.c" } });
  expect(json).toEqual({
    host: "127.0.0.1",
    path: "/v1/things/a",
    query: [
      ["x", "1"],
      ["x", "2"],
    ],
    params: { name: "things/a" },
    principal: "a@b.c",
    origin: cloud.url,
  });
});

test("reads the absolute request line of a client that takes it for a proxy", async () => {
  const cloud = await startWith(service("things.googleapis.com", echo));
  const line = "GET http://things.googleapis.com/v1/things/a?y=2 HTTP/1.1";
  const answer = await sendRaw(cloud.port, `${line}\r\nhost: things.googleapis.com\r\nconnection: close\r\n\r\n`);
  const json = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
  expect(json).toMatchObject({ host: "things.googleapis.com", principal: "anonymous", query: [["y", "2"]] });
  expect(json.origin).toBe("http://things.googleapis.com");
});

test("routes by Google's host, in its regional form too, and by path on loopback", async () => {
  const named = (name: string) => route({ template: "/v1/x", handle: () => ({ status: 200, json: name }) });
  const cloud = await startWith(service("a.googleapis.com", named("a")), service("run.googleapis.com", named("run")));
  const ask = async (host: string) => (await cloud.fetchJson("/v1/x", { headers: { host } })).json;
  const asked = async (host: string) => {
    const outgoing = httpRequest({ port: cloud.port, host: "127.0.0.1", path: "/v1/x", headers: { host } }).end();
    const [response] = await once(outgoing, "response");
    let text = "";
    for await (const chunk of response) text += String(chunk);
    return JSON.parse(text);
  };
  expect(await ask("127.0.0.1")).toBe("a");
  expect(await asked("run.googleapis.com")).toBe("run");
  expect(await asked("asia-southeast1-run.googleapis.com")).toBe("run");
  expect(await asked("other.googleapis.com")).toMatchObject({ error: { code: 501, status: "UNIMPLEMENTED" } });
  expect(await asked("rebound.example")).toMatchObject({ error: { code: 421 } });
});

test("asks the next API with the same path when the first does not find a thing", async () => {
  const missing = route({
    template: "/v1/{name=operations/*}",
    handle: () => {
      throw new GoogleError("NOT_FOUND", "not here");
    },
  });
  const found = route({ template: "/v1/{name=operations/*}", handle: () => ({ status: 200, json: "here" }) });
  const cloud = await startWith(service("a.googleapis.com", missing), service("b.googleapis.com", found));
  expect(await cloud.fetchJson("/v1/operations/x")).toEqual({ status: 200, json: "here" });
});

test("answers 501 with the method's name, and logs it", async () => {
  const refusing = route({
    template: "/v1/x",
    rpc: "google.test.Things.Refuse",
    handle: () => {
      throw new GoogleError("UNIMPLEMENTED", "google.test.Things.Refuse is not implemented in the local cloud.");
    },
  });
  const cloud = await startWith(service("a.googleapis.com", refusing));
  const refusal = { status: 501, json: { error: { code: 501, status: "UNIMPLEMENTED" } } };
  expect(await cloud.fetchJson("/v1/x")).toMatchObject(refusal);
  expect(await cloud.fetchJson("/v9/y")).toMatchObject(refusal);
  expect(cloud.lines).toEqual(["501 google.test.Things.Refuse GET /v1/x", "501 unknown GET 127.0.0.1/v9/y"]);
});

test("a handler's bug is a 500 without its text, which the log has", async () => {
  const failing = route({
    template: "/v1/x",
    handle: () => {
      throw new Error("a detail of the inside");
    },
  });
  const cloud = await startWith(service("a.googleapis.com", failing));
  const { status, json } = await cloud.fetchJson("/v1/x");
  expect(status).toBe(500);
  expect(JSON.stringify(json)).not.toContain("inside");
  expect(cloud.lines.join()).toContain("a detail of the inside");
});

test("a full disk is a 500 that says so", async () => {
  const failing = route({
    template: "/v1/x",
    handle: () => {
      throw Object.assign(new Error("write"), { code: "ENOSPC" });
    },
  });
  const cloud = await startWith(service("a.googleapis.com", failing));
  const { status, json } = await cloud.fetchJson("/v1/x");
  expect([status, JSON.stringify(json)]).toEqual([500, expect.stringContaining("disk is full")]);
});

test("listens on loopback alone, and on another address only when told so", async () => {
  // An address of this machine that is not 127.0.0.1: on Linux all of 127.0.0.0/8 are.
  const outside = Object.values(networkInterfaces()).flat();
  const address = outside.find((one) => one?.family === "IPv4" && !one.internal)?.address ?? "127.0.0.2";
  const reaches = async (port: number): Promise<boolean> => {
    const socket = connect(port, address);
    onTestFinished(() => void socket.destroy());
    return await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
  };
  const cloud = await startWith(service("a.googleapis.com", echo));
  expect(await reaches(cloud.port)).toBe(false);
  const open = await startCloud({ services: () => [service("a.googleapis.com", echo)], host: "0.0.0.0" });
  expect(await reaches(open.port)).toBe(true);
});

test("bounds JSON bodies, and names what is not JSON", async () => {
  const reading = route({
    method: "POST",
    template: "/v1/x",
    handle: async (request) => ({ status: 200, json: (await request.json()) ?? "empty" }),
  });
  const cloud = await startWith(service("a.googleapis.com", reading));
  const post = (body: string) => cloud.fetchJson("/v1/x", { method: "POST", body });
  expect((await post("")).json).toBe("empty");
  expect(await post("{")).toMatchObject({ status: 400, json: { error: { status: "INVALID_ARGUMENT" } } });
  expect(await post("[".repeat(90) + "]".repeat(90))).toMatchObject({ status: 200 });
  for (const depth of [110, 200_000])
    expect(await post("[".repeat(depth) + "]".repeat(depth))).toMatchObject({ status: 400 });
  expect(await post(`"${"x".repeat(11 * 1024 * 1024)}"`)).toMatchObject({ status: 413 });
});

test("refuses writes that a page of another site sends, and control calls altogether", async () => {
  const cloud = await startWith(service("a.googleapis.com", route({ ...echo, method: "POST" }), echo));
  const from = (origin: string, method = "POST", path = "/v1/things/a") =>
    cloud.fetchJson(path, { method, headers: { origin } }).then(({ status }) => status);
  expect(await from("https://evil.example")).toBe(403);
  expect(await from("null")).toBe(403);
  expect(await from("http://site.localhost:8790")).toBe(200);
  expect(await from("https://evil.example", "GET")).toBe(200);
  expect(await from("https://evil.example", "GET", "/_local/status")).toBe(403);
});

test("refuses CONNECT with what to do instead, what is no HTTP at all, and headers without end", async () => {
  const cloud = await startWith();
  expect(await sendRaw(cloud.port, "CONNECT run.googleapis.com:443 HTTP/1.1\r\nhost: x\r\n\r\n")).toMatch(
    /^HTTP\/1.1 501 .*http:\/\/run\.googleapis\.com\//s,
  );
  expect(cloud.lines).toEqual([expect.stringMatching(/^501 CONNECT run\.googleapis\.com:443: .*only for gRPC/)]);
  expect(await sendRaw(cloud.port, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  expect(await sendRaw(cloud.port, `GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
});

test("gives claimed hosts to their handler, upgrades included", async () => {
  const hostHandler: NonNullable<CloudService["hostHandler"]> = {
    claims: (host) => host.endsWith(".localhost"),
    handle: (request, response) => void response.end(`site ${request.headers.host}`),
    upgrade: (_request, socket) => void socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\nraw"),
  };
  const cloud = await startWith({ ...service("a.googleapis.com", echo), hostHandler });
  const headers = "connection: close\r\n";
  const upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
  expect(await sendRaw(cloud.port, `GET / HTTP/1.1\r\nhost: x.localhost\r\n${headers}\r\n`)).toContain(
    "site x.localhost",
  );
  expect(await sendRaw(cloud.port, `GET / HTTP/1.1\r\nhost: x.localhost\r\n${upgrade}\r\n`)).toContain("raw");
});

test("a stop ends handlers that wait, and streams that a client still reads", async () => {
  const called = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const waiting = route({
    template: "/v1/x",
    handle: ({ signal }) => {
      called[0].resolve();
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    },
  });
  const endless = new Readable({ read: () => called[1].resolve() });
  const streaming = route({ template: "/v1/y", handle: () => ({ status: 200, body: endless }) });
  const cloud = await startWith(service("a.googleapis.com", waiting, streaming));
  const ended = ["/v1/x", "/v1/y"].map((path) => expect(cloud.fetchJson(path)).rejects.toThrow());
  await Promise.all(called.map(({ promise }) => promise));
  const closed = new Promise((resolve) => endless.once("close", resolve));
  await cloud.stop();
  await Promise.all(ended);
  await closed;
});

test("a service is started once the port is known, and stopped with the cloud", async () => {
  const events: string[] = [];
  const services = (context: CloudContext): CloudService[] => [
    {
      ...service("a.googleapis.com", echo),
      start: async () => void events.push(`start ${context.port() > 0}`),
      stop: async () => void events.push(`stop ${context.signal.aborted}`),
    },
  ];
  const cloud = await startCloud({ services });
  await cloud.stop();
  expect(events).toEqual(["start true", "stop true"]);
});
