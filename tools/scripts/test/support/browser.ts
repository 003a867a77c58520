import { type Browser, chromium } from "playwright-core";

/** Headless Chromium that asks nothing of the outside. CHROMIUM_PATH, else Debian's. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-sync",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
    ],
  });
