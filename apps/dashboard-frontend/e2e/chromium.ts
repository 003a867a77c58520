/** The system's Chromium, `CHROMIUM_PATH` where it is elsewhere. Where there is none the tests fail: they are never skipped. */
export const chromiumLaunchOptions = () => ({
  executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-quic",
    "--disable-sync",
  ],
});
