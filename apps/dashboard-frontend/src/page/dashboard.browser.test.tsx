import type { PollerEvent } from "@slipway/health-client/browser";
import { expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";
import { answered, failed, monitorOf } from "../../test/monitor-events.ts";
import type { Monitor } from "../monitor/monitor.ts";
import { LocaleProvider } from "../preferences/locale.tsx";
import type { Language } from "../texts/texts.ts";
import { Dashboard } from "./dashboard.tsx";
import "../styles/tokens.css";
import "../styles/page.css";
import "../styles/cards.css";

const checks = [
  { name: "database", status: "pass", critical: true, latencyMs: 4 },
  { name: "worker", status: "fail", critical: false, latencyMs: 2_000, message: "no answer within 2 s" },
] as const;

/** Events are placed so that the last one was half a second ago. */
const monitorNow = (...make: readonly ((at: number) => PollerEvent)[]): Monitor => {
  const now = performance.now() - 500;
  return monitorOf(...make.map((event, index) => event(now - (make.length - 1 - index) * 15_000)));
};

const show = (monitor: Monitor, language: Language = "en", onCheck = () => undefined) =>
  render(
    <LocaleProvider language={language}>
      <Dashboard monitor={monitor} isKept onCheck={onCheck} />
    </LocaleProvider>,
  );

const degraded = (at: number) => answered(at, { status: "warn", checks, revision: "api-00042-xyz", latencyMs: 84 });

test("names the state, the components that are not well and what is deployed", async () => {
  await show(monitorNow(degraded));
  await expect.element(page.getByRole("status")).toHaveTextContent("Some components are degraded: Worker");
  await expect
    .element(page.getByRole("region", { name: "Components" }))
    .toMatchTextContent(/Database\s*Operational\s*4\sms/);
  await expect.element(page.getByText("no answer within 2 s")).toBeVisible();
  await expect.element(page.getByRole("region", { name: "Deployments" })).toMatchTextContent(/api-00042-xyz/);
  expect(document.title).toBe("Some components are degraded: Worker · Service status");
});

test("speaks Russian, units and names of components too", async () => {
  await show(monitorNow(degraded), "ru");
  await expect.element(page.getByRole("status")).toHaveTextContent("Часть компонентов работает с перебоями: Воркер");
  await expect
    .element(page.getByRole("region", { name: "Компоненты" }))
    .toMatchTextContent(/База данных\s*Работает\s*4\sмс/);
});

test("keeps the last known components when the API is gone, says how old they are and shows nothing green", async () => {
  const { container } = await show(monitorNow(degraded, (at) => failed(at, "unreachable")));
  await expect.element(page.getByRole("status")).toHaveTextContent("Can't reach the API.");
  await expect.element(page.getByText(/^Last known state, 1[56]\ss ago$/)).toBeVisible();
  const chip = page.getByRole("region", { name: "Components" }).getByText("Operational");
  const unknown = getComputedStyle(page.getByRole("status").element()).color;
  await expect.element(chip).toHaveStyle({ color: unknown });
  expect(container.querySelector(".hero.tone-ok")).toBeNull();
});

test("turns stale by its own clock, without any event, and announces that once", async () => {
  const old = performance.now() - 44_500;
  await show(monitorOf(answered(old, { checks })));
  const status = page.getByRole("status");
  await expect.element(status).toHaveTextContent("All systems operational");
  await expect.element(status).toHaveTextContent("Data is stale:");
  await expect.element(page.getByText(/^updated 4\d\ss ago$/)).toBeVisible();
});

test("has one live region, and what ticks is outside of it", async () => {
  const { container } = await show(monitorNow(degraded));
  expect(container.querySelectorAll("[role=status], [role=alert], [aria-live]")).toHaveLength(1);
  await expect.element(page.getByText(/^Updated /)).toBeVisible();
  expect(page.getByRole("status").element().textContent).not.toMatch(/\d/);
});

test("shows the latencies as a table on demand", async () => {
  await show(monitorNow(degraded, (at) => failed(at, "timeout")));
  const latency = page.getByRole("region", { name: "Latency", exact: true }).first();
  await expect.element(latency.getByRole("img")).toHaveAccessibleName(/2 checks, 1 without an answer, median 84\sms/);
  const toggle = latency.getByRole("button", { name: "View as table" });
  await toggle.click();
  await expect.element(toggle).toHaveAttribute("aria-pressed", "true");
  const rows = latency
    .getByRole("row")
    .elements()
    .map((row) => [...row.children].slice(1).map((cell) => cell.textContent));
  expect(rows).toEqual([
    ["Latency", "State"],
    ["—", "No reply"],
    ["84\u00a0ms", "Degraded"],
  ]);
});

test("checks on demand", async () => {
  const onCheck = vi.fn();
  await show(monitorNow(degraded), "en", onCheck);
  await userEvent.click(page.getByRole("button", { name: "Check now" }));
  expect(onCheck).toHaveBeenCalledOnce();
});

const longRevision = "botbalance-api-mb2k3x9q-1";
const release = "20261121T101530Z-9f2c";
const fact = (term: string) =>
  page
    .getByText(term, { exact: true })
    .elements()
    .find(({ tagName }) => tagName === "DT")?.nextElementSibling as HTMLElement | undefined;

test.each([1280, 390])("shows all of a long revision, at %i pixels", async (width) => {
  await page.viewport(width, 900);
  await show(monitorNow((at) => answered(at, { report: { revision: longRevision, release } })));
  await expect.poll(() => fact("Revision")?.textContent).toBe(longRevision);
  const { title, scrollWidth, clientWidth } = fact("Revision") as HTMLElement;
  expect(title).toBe(longRevision);
  expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
});

test("names the release where the API tells no version, and neither where it tells none", async () => {
  const { rerender } = await show(monitorNow((at) => answered(at, { report: { revision: longRevision, release } })));
  await expect.poll(() => fact("Release")?.textContent).toBe(release);
  expect(fact("Version")).toBeUndefined();
  const untold = monitorNow((at) => answered(at, { report: { revision: longRevision } }));
  await rerender(<Dashboard monitor={untold} isKept onCheck={() => undefined} />);
  await expect.poll(() => fact("Release")).toBeUndefined();
  expect(fact("Version")).toBeUndefined();
});

test("has no history before the first check and says so", async () => {
  await show(monitorOf({ type: "probing", at: performance.now() }));
  await expect
    .element(page.getByRole("region", { name: "Last 30 days" }))
    .toMatchTextContent(/: no data.*No history yet\. It builds up while checks run/);
});
