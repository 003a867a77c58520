import { beforeEach, expect, test, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { render } from "vitest-browser-react";
import { LocaleProvider } from "../preferences/locale.tsx";
import { usePreferences } from "../preferences/use-preferences.ts";
import { Header } from "./header.tsx";
import { Shortcuts } from "./shortcuts.tsx";
import "../styles/tokens.css";
import "../styles/page.css";

const onCheck = vi.fn();

const Controls = () => {
  const { preferences, choose } = usePreferences();
  return (
    <LocaleProvider language={preferences.language}>
      <Header environment="staging" preferences={preferences} onChoose={choose} />
      <Shortcuts preferences={preferences} onChoose={choose} onCheck={onCheck} />
    </LocaleProvider>
  );
};

beforeEach(() => {
  localStorage.clear();
  onCheck.mockClear();
});

test("switches the language, the document's too, and remembers it", async () => {
  const { unmount } = await render(<Controls />);
  await userEvent.selectOptions(page.getByRole("combobox", { name: "Language" }), "ru");
  await expect.element(page.getByRole("heading", { name: "Состояние сервиса" })).toBeVisible();
  expect(document.documentElement.lang).toBe("ru");
  await unmount();
  await render(<Controls />);
  await expect.element(page.getByRole("combobox", { name: "Язык" })).toHaveValue("ru");
});

test("switches the theme whatever the system's is", async () => {
  await render(<Controls />);
  const background = () => getComputedStyle(document.documentElement).backgroundColor;
  await userEvent.selectOptions(page.getByRole("combobox", { name: "Theme" }), "dark");
  expect(background()).toBe("rgb(13, 17, 23)");
  await userEvent.selectOptions(page.getByRole("combobox", { name: "Theme" }), "light");
  expect(background()).toBe("rgb(246, 248, 250)");
});

test("names the environment as the configuration does", async () => {
  await render(<Controls />);
  await expect.element(page.getByText("Environment: staging")).toBeVisible();
});

test("checks on r, but not with a modifier", async () => {
  await render(<Controls />);
  await userEvent.keyboard("r");
  expect(onCheck).toHaveBeenCalledOnce();
  // Dispatched, since a pressed Ctrl+R would reload the page.
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "r", ctrlKey: true }));
  expect(onCheck).toHaveBeenCalledOnce();
});

test("leaves r to the list that has the focus", async () => {
  await render(<Controls />);
  page
    .getByRole("combobox", { name: "Language" })
    .element()
    .dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true }));
  expect(onCheck).not.toHaveBeenCalled();
});

test("shows the keys on ?, where they can be turned off and on again", async () => {
  await render(<Controls />);
  await userEvent.keyboard("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard" });
  await expect.element(dialog).toBeVisible();
  await userEvent.keyboard("r");
  expect(onCheck).not.toHaveBeenCalled();
  await dialog.getByLabelText("Use single-key shortcuts").click();
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect.element(dialog).not.toBeInTheDocument();
  await userEvent.keyboard("r?");
  expect(onCheck).not.toHaveBeenCalled();
  await expect.element(dialog).not.toBeInTheDocument();
  await page.getByRole("button", { name: "Keyboard" }).click();
  await expect.element(dialog.getByLabelText("Use single-key shortcuts")).not.toBeChecked();
});

test("controls are at least 44 pixels high and wide", async () => {
  const { container } = await render(<Controls />);
  for (const control of container.querySelectorAll("button, select")) {
    const { width, height } = control.getBoundingClientRect();
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
  }
});
