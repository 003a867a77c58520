// What undici alone takes to upload a tree: no plan, no comparison, no retries. `node raw-undici.ts <folder> <endpoint>`.
import { readdirSync, readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { crc32c } from "@node-rs/crc32";
import { Pool } from "undici";

enableCompileCache();
const [folder = "", endpoint = ""] = process.argv.slice(2);
const connections = 128;
const pool = new Pool(endpoint, { connections });
const queue = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .values();

async function upload(): Promise<void> {
  for (const path of queue) {
    const content = readFileSync(path);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32c(content));
    const metadata = JSON.stringify({ name: path.slice(folder.length + 1), crc32c: checksum.toString("base64") });
    const head = `--x\r\nContent-Type: application/json\r\n\r\n${metadata}\r\n--x\r\nContent-Type: text/javascript\r\n\r\n`;
    const { body, statusCode } = await pool.request({
      method: "POST",
      path: "/upload/storage/v1/b/bench/o?uploadType=multipart&fields=generation",
      headers: { "content-type": "multipart/related; boundary=x" },
      body: Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--x--\r\n")]),
    });
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`);
    await body.json();
  }
}

await Promise.all(Array.from({ length: connections }, upload));
await pool.close();
