import { beforeEach, expect, test } from "vitest";
import { page, userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";
import type { History } from "../monitor/history.ts";
import { LocaleProvider } from "../preferences/locale.tsx";
import type { Language } from "../texts/texts.ts";
import { HistoryCard } from "./history-card.tsx";
import "../styles/tokens.css";
import "../styles/page.css";
import "../styles/cards.css";

const dayWith = (minutes: string) => minutes.padEnd(1_440, "0");
const history: History = {
  "2026-08-20": dayWith("1".repeat(600)),
  "2026-08-21": dayWith(`${"1".repeat(178)}22`),
  "2026-08-22": dayWith("1".repeat(135) + "3".repeat(45)),
};

const show = (language: Language = "en", isKept = true, shown = history) =>
  render(
    <LocaleProvider language={language}>
      <HistoryCard history={shown} today="2026-08-23" isKept={isKept} />
    </LocaleProvider>,
  );

const names = () =>
  page
    .getByRole("option")
    .elements()
    .map((bar) => bar.ariaLabel?.replaceAll("\u00a0", " "));

beforeEach(() => page.viewport(1280, 900));

test("names each of 90 days, with what was seen of it", async () => {
  await show();
  await expect.element(page.getByRole("listbox", { name: "Last 90 days" })).toBeVisible();
  expect(names()).toHaveLength(90);
  expect(names().slice(-5)).toEqual([
    "Aug 19: no data",
    "Aug 20: 100% uptime",
    "Aug 21: 100% uptime",
    "Aug 22: 75% uptime",
    "Aug 23: no data",
  ]);
  await expect.element(page.getByText("95.31% uptime")).toBeVisible();
  await expect.element(page.getByText(/^What this browser has seen/)).toBeVisible();
});

test("shows 30 days on a phone, in Russian too", async () => {
  await page.viewport(390, 844);
  await show("ru");
  await expect.element(page.getByRole("listbox", { name: "Последние 30 дней" })).toBeVisible();
  expect(names()).toHaveLength(30);
  expect(names().slice(-3)).toEqual(["21 авг.: доступность 100 %", "22 авг.: доступность 75 %", "23 авг.: нет данных"]);
  await page.getByRole("button", { name: "Предыдущий день" }).click();
  await expect.element(page.getByText(/^Под наблюдением 3\sч, недоступен 45\sмин$/)).toBeVisible();
});

test("is one stop of the Tab key; arrows, Home and End go from day to day", async () => {
  await show();
  await userEvent.tab();
  const focused = () => document.activeElement?.ariaLabel;
  const walk = async (...keys: string[]) => {
    const reached: unknown[] = [];
    for (const key of keys) {
      await userEvent.keyboard(`{${key}}`);
      reached.push(focused());
    }
    return reached;
  };
  expect(focused()).toBe("Aug 23: no data");
  expect(await walk("ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowRight", "Home", "ArrowLeft", "End")).toEqual([
    "Aug 23: no data",
    "Aug 22: 75% uptime",
    "Aug 21: 100% uptime",
    "Aug 22: 75% uptime",
    "May 26: no data",
    "May 26: no data",
    "Aug 23: no data",
  ]);
  await walk("ArrowLeft");
  await expect.element(page.getByText(/^Seen for 3\sh, unavailable for 45\smin$/)).toBeVisible();
  const stops = page
    .getByRole("option")
    .elements()
    .filter((bar) => bar.getAttribute("tabindex") === "0");
  expect(stops).toEqual([document.activeElement]);
  expect(page.getByRole("option", { selected: true }).elements()).toEqual([document.activeElement]);
  await userEvent.tab();
  expect(focused()).toBe("Day before");
});

test("selects a day with a click, or from the one beside it", async () => {
  await show();
  await page.getByRole("option", { name: "Aug 20: 100% uptime" }).click();
  await expect.element(page.getByText("Seen for 10\u00a0h", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Day after" }).click();
  await expect.element(page.getByText(/^Seen for 3\sh, degraded for 2\smin$/)).toBeVisible();
  await page.getByRole("option", { name: "Aug 23: no data" }).click();
  const later = page.getByRole("button", { name: "Day after" });
  await expect.element(later).toHaveAttribute("aria-disabled", "true");
  await later.click({ force: true });
  await expect.element(page.getByRole("option", { selected: true })).toHaveAccessibleName("Aug 23: no data");
});

test("tells days apart by shape, at one height", async () => {
  await show();
  const bar = (name: RegExp) => {
    const element = page.getByRole("option", { name }).last().element();
    const { backgroundImage, height, borderTopWidth } = getComputedStyle(element, "::before");
    const { clipPath, backgroundColor } = getComputedStyle(element, "::after");
    const marker = backgroundColor === "rgba(0, 0, 0, 0)" ? "none" : clipPath;
    return {
      height,
      shape: [backgroundImage.split("(")[0], borderTopWidth, marker].join(" "),
      backgroundImage,
      marker,
    };
  };
  const [none, well, degraded, down] = [/Aug 23/, /Aug 20/, /Aug 21/, /Aug 22/].map(bar);
  const all = [none, well, degraded, down];
  expect(new Set(all.map((one) => one?.height))).toEqual(new Set(["44px"]));
  expect(new Set(all.map((one) => `${one?.backgroundImage} ${one?.shape}`)).size).toBe(4);
  expect([none?.marker, well?.marker]).toEqual(["none", "none"]);
  expect(degraded?.marker).not.toBe(down?.marker);
});

test("says when this browser does not keep it", async () => {
  await show("en", false);
  await expect.element(page.getByText(/it is gone when this tab closes/)).toBeVisible();
});
