// The clients that tests look at the real parts with, for tests of folders that are no package of their own, too.
export { Redis } from "ioredis";
export { default as pg } from "pg";
export { request } from "undici";
