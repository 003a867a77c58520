import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { shareApi, startCommand } from "./support/backend.ts";

const app = "https://app.example.com";

const api = shareApi(() => ({ CORS_ALLOWED_ORIGINS: `${app}, http://app.localhost:8790` }));

const preflight = async (url: string, origin: string) => {
  const { statusCode, headers, body } = await request(`${url}/api/echo`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
  });
  await body.dump();
  return { statusCode, headers };
};

test("lets the app's origin read it, and names what more it may read", async () => {
  const { url } = api();
  for (const origin of [app, "http://app.localhost:8790"]) {
    const { headers, body } = await request(`${url}/api/live`, { headers: { origin } });
    await body.dump();
    expect(headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": "Date, ETag, Retry-After, Server-Timing, X-Revision",
      "timing-allow-origin": origin,
      vary: "Origin",
    });
  }
  const { statusCode, headers } = await preflight(url, app);
  expect(statusCode).toBe(204);
  expect(headers).toMatchObject({ "access-control-allow-methods": "GET, HEAD, POST", "access-control-max-age": "600" });
});

test.for(["https://app.example.com.evil.test", "http://app.example.com", "null", "https://other.example.com"])(
  "lets %s read nothing",
  async (origin) => {
    const { url } = api();
    const { headers, body } = await request(`${url}/api/live`, { headers: { origin } });
    await body.dump();
    expect(headers).not.toHaveProperty("access-control-allow-origin");
    expect(headers).not.toHaveProperty("timing-allow-origin");
    expect((await preflight(url, origin)).headers).not.toHaveProperty("access-control-allow-origin");
  },
);

test("answers what it does not know in the same form as every error", async () => {
  const { url } = api();
  const { statusCode, headers, body } = await request(`${url}/nothing?token=abc`);
  expect(statusCode).toBe(404);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(await body.json()).toEqual({ error: { code: "not-found", message: "there is nothing at this path" } });
});

test("gives up on a request whose head never ends", async () => {
  const { url } = api();
  const socket = createConnection(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write("GET /api/live HTTP/1.1\r\nHost: x\r\n");
  const start = performance.now();
  await once(socket.resume(), "close");
  expect(performance.now() - start).toBeLessThan(15_000);
});

test("names a port that is taken and ends", async () => {
  const server: Server = createServer().listen(0, "0.0.0.0");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const child = startCommand("api", { PORT: String((server.address() as AddressInfo).port) });
  expect(await child.exit).toBe(2);
  expect(child.lines.join("\n")).toContain("(EADDRINUSE)     [port-unavailable]");
});

test("names every mistake of its configuration at once, without repeating a secret", async () => {
  const child = startCommand("api", {
    PORT: "http",
    DATABASE_URL: "mysql://root:hunter2hunter2@db/app",
    REDIS_URL: "localhost:6379?password=hunter2hunter2",
    CORS_ALLOWED_ORIGINS: "*",
    SENTRY_DSN: "hunter2hunter2",
  });
  expect(await child.exit).toBe(2);
  const text = child.lines.join("\n");
  for (const name of ["PORT", "DATABASE_URL", "REDIS_URL", "CORS_ALLOWED_ORIGINS", "SENTRY_DSN"])
    expect(text).toContain(`       ${name}: `);
  expect(text).not.toContain("hunter2");
});
