import { defineConfig } from "@playwright/test";

/** Debian's Chromium, with a camera and a microphone of its own making (files by MIEN_FAKE_VIDEO and MIEN_FAKE_SOUND). */
const fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--no-sandbox"];
if (process.env["MIEN_FAKE_VIDEO"]) fake.push(`--use-file-for-fake-video-capture=${process.env["MIEN_FAKE_VIDEO"]}`);
if (process.env["MIEN_FAKE_SOUND"]) fake.push(`--use-file-for-fake-audio-capture=${process.env["MIEN_FAKE_SOUND"]}`);

export default defineConfig({
  testDir: "tests",
  timeout: 300_000,
  expect: { timeout: 20_000 }, // other tests run beside it
  workers: 1,
  reporter: "line",
  use: {
    baseURL: process.env["MIEN_URL"] ?? "http://localhost:7610",
    viewport: { width: 1280, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: { executablePath: process.env["MIEN_CHROMIUM"] ?? "/usr/bin/chromium", args: fake },
  },
});
