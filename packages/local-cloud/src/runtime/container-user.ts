// Pure. Which user a container runs as: https://github.com/opencontainers/image-spec/blob/main/config.md (User)
import { RuntimeError } from "./runtime-error.ts";

export type ContainerUser = { readonly uid: number; readonly gid: number; readonly home: string };

type Row = readonly string[];

const rows = (text: string | undefined): readonly Row[] => (text ?? "").split("\n").map((line) => line.split(":"));
const isNumber = (text: string): boolean => /^\d{1,10}$/.test(text);
const byNameOrId = (table: readonly Row[], text: string): Row | undefined =>
  table.find(([name]) => name === text) ?? (isNumber(text) ? table.find(([, , id]) => id === text) : undefined);

const idOf = (kind: "user" | "group", text: string, row: Row | undefined): number => {
  const id = row?.[2] ?? text;
  if (!isNumber(id))
    throw new RuntimeError("user-unknown", `the image has no ${kind} ${JSON.stringify(text.slice(0, 100))}`);
  return Number(id);
};

/**
 * `""`, `user`, `uid`, `user:group`, `uid:gid`, `uid:group` or `user:gid`, with the image's own `/etc/passwd` and `/etc/group`.
 * @throws {RuntimeError} user-unknown
 */
export function resolveUser(user: string, passwd: string | undefined, group: string | undefined): ContainerUser {
  const [userText = "", groupText] = user.split(":");
  const row = byNameOrId(rows(passwd), userText || "0");
  const uid = idOf("user", userText || "0", row);
  const ownGid = isNumber(row?.[3] ?? "") ? Number(row?.[3]) : 0;
  const gid = groupText ? idOf("group", groupText, byNameOrId(rows(group), groupText)) : ownGid;
  return { uid, gid, home: row?.[5] || (uid === 0 ? "/root" : "/") };
}
