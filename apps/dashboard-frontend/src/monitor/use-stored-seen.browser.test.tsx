import { beforeEach, expect, test } from "vitest";
import { render } from "vitest-browser-react";
import { answered, monitorOf } from "../../test/monitor-events.ts";
import { emptyMonitor, type Monitor } from "./monitor.ts";
import type { Seen } from "./seen.ts";
import { useStoredSeen } from "./use-stored-seen.ts";

const heard: Seen[] = [];
const onSeen = (seen: Seen) => void heard.push(seen);
const Page = ({ apiUrl, monitor }: { readonly apiUrl: string; readonly monitor: Monitor }) => {
  useStoredSeen(apiUrl, monitor, onSeen);
  return null;
};

beforeEach(() => {
  localStorage.clear();
  heard.length = 0;
});

test("keeps what was seen of an API for the next visit, and of no other", async () => {
  const monitor = monitorOf(answered(0, { status: "fail", revision: "api-1" }), answered(10_000));
  await (await render(<Page apiUrl="https://a" monitor={monitor} />)).unmount();
  await render(<Page apiUrl="https://a" monitor={emptyMonitor} />);
  await render(<Page apiUrl="https://b" monitor={emptyMonitor} />);
  const [first, second, other] = heard.map(({ incidents, deployments }) => [incidents.length, deployments.length]);
  expect([first, second, other]).toEqual([
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
});
