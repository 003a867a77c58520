import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }] as const,
  ),
);

/** WCAG 2.2: relative luminance and contrast ratio. */
const luminance = (color: string) => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((index) => Number.parseInt(color.slice(index, index + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (a: string, b: string) => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

describe.each(["light", "dark"] as const)("%s", (theme) => {
  const color = (name: string) => {
    const token = tokens.get(name);
    if (!token) throw new Error(`tokens.css has no --${name}`);
    return token[theme];
  };

  test.each(["ok", "warn", "down", "unknown", "link"])("%s reads well on its chip and on a card", (role) => {
    expect(contrast(color(role), color(`${role}-chip`))).toBeGreaterThan(6.5);
    expect(contrast(color(role), color("card"))).toBeGreaterThan(7);
  });

  test.each(["page", "card", "ok-chip", "warn-chip", "down-chip", "unknown-chip"])(
    "text reads well on %s",
    (ground) => {
      expect(contrast(color("text"), color(ground))).toBeGreaterThan(7);
      expect(contrast(color("muted"), color(ground))).toBeGreaterThan(4.5);
    },
  );

  test("the outlines of controls and the focus ring can be seen", () => {
    expect(contrast(color("control-border"), color("card"))).toBeGreaterThan(3);
    expect(contrast(color("link"), color("page"))).toBeGreaterThan(3);
    for (const bar of ["bar-ok", "bar-warn", "bar-down"])
      expect(contrast(color(bar), color("card"))).toBeGreaterThan(3);
  });
});
