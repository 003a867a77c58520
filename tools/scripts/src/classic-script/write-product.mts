// A product as the classic script expects one in its folder, in place of Django and Vite: what its image runs is a server
// of Node, and a `celery` which, as the real one, never listens.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const dockerfile = `FROM scratch
COPY root /
COPY server.js migrate.js /app/
COPY celery /usr/local/bin/
ENV PATH=/usr/local/bin
CMD ["node", "/app/server.js"]
`;

/** Asks PostgreSQL for TLS, which it answers with one letter: https://www.postgresql.org/docs/15/protocol-flow.html#id-1.10.6.7.12 */
const server = `const { createServer } = require("node:http");
const { connect } = require("node:net");
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const askDatabase = () => new Promise((resolve) => {
  const socket = connect(process.env.DATABASE_HOST + "/.s.PGSQL.5432", () => socket.write(sslRequest));
  socket.on("data", (answer) => { resolve(/[NS]/.test(answer)); socket.destroy(); });
  socket.on("error", () => resolve(false));
});
createServer(async ({ url }, response) => {
  const database = await askDatabase();
  response.writeHead(database ? 200 : 503, { "content-type": "application/json" });
  response.end(JSON.stringify({ url, database, revision: process.env.K_REVISION, env: process.env }));
}).listen(process.env.PORT, () => console.log("listening"));
process.on("SIGTERM", () => process.exit(0));
`;

const celery = `#!/usr/local/bin/node
console.log("celery", process.argv.slice(2).join(" "), "ready.");
setInterval(() => {}, 1000);
process.on("SIGTERM", () => process.exit(0));
`;

const migrate = `console.log("migrating", process.argv[2]);
process.exit(process.argv[2] === "broken" ? 1 : 0);
`;

/** This machine's Node with the libraries that it is linked with, as the root of an image. */
function writeRoot(root: string): void {
  const node = realpathSync(process.execPath);
  const linked = Array.from(execFileSync("ldd", [node], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g));
  const files = [["/usr/local/bin/node", node], ...linked.map(([, library = ""]) => [library, library])];
  for (const [to = "", from = ""] of files) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  }
}

/** Writes `backend/` and `frontend/` into a folder. */
export function writeProduct(folder: string): void {
  const [backend, frontend] = [join(folder, "backend"), join(folder, "frontend")];
  writeRoot(join(backend, "root"));
  writeFileSync(join(backend, "Dockerfile"), dockerfile);
  writeFileSync(join(backend, "server.js"), server);
  writeFileSync(join(backend, "migrate.js"), migrate);
  writeFileSync(join(backend, "celery"), celery, { mode: 0o755 });
  mkdirSync(join(frontend, "src/assets"), { recursive: true });
  writeFileSync(
    join(frontend, "package.json"),
    JSON.stringify({ private: true, scripts: { build: "cp -r src dist" } }),
  );
  writeFileSync(join(frontend, "src/index.html"), "<!doctype html><script src=assets/app.js></script>");
  writeFileSync(join(frontend, "src/404.html"), "<!doctype html>Not here");
  writeFileSync(join(frontend, "src/assets/app.js"), "x".repeat(200_000));
}
