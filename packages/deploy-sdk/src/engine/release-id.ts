// Pure. A release's name: when it began, to the millisecond, in a form that sorts and that a person can read.
import { DeployError } from "../deploy-error.ts";
import type { Runtime } from "../types.ts";

const pattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([0-9a-z]{2})([0-9a-z]{2})$/;

/** `20261121T101530Z-9f2c`: UTC, then two base-36 digits of milliseconds and two of chance. */
export function createReleaseId({ now, random }: Pick<Runtime, "now" | "random">): string {
  const at = now();
  const seconds = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  const chance = Math.floor(random() * 36 ** 2);
  return `${seconds}Z-${base36(at.getUTCMilliseconds())}${base36(chance)}`;
}
const base36 = (value: number): string => value.toString(36).padStart(2, "0");

export const isReleaseId = (text: string): boolean => pattern.test(text) && !Number.isNaN(releaseTimeMs(text));

/** @throws {DeployError} `usage` */
export function parseReleaseId(text: string): string {
  if (isReleaseId(text)) return text;
  throw new DeployError("usage", {
    subject: `release "${text.slice(0, 80)}"`,
    message: "is no release id",
    hint: "leave DEPLOY_RELEASE unset, or give it one such as 20261121T101530Z-9f2c",
  });
}

/** Milliseconds since the epoch; NaN for what is no release id. */
export function releaseTimeMs(id: string): number {
  const [, year, month, day, hour, minute, second, milliseconds = ""] = pattern.exec(id) ?? [];
  return (
    Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) + (Number.parseInt(milliseconds, 36) % 1000)
  );
}

/** For names of objects that are listed in ascending order, newest release first: 13 digits and the id. */
export const newestFirst = (id: string): string =>
  `${String(9_999_999_999_999 - releaseTimeMs(id)).padStart(13, "0")}-${id}`;

/** For names of revisions: 8 characters (9 from the year 2059 on), of the release's time. */
export const shortReleaseId = (id: string): string => releaseTimeMs(id).toString(36);
