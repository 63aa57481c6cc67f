import { type Browser, chromium } from "playwright-core";
import { findProgram } from "./programs.ts";

/** Keeps the browser to the page under test: no sandbox (it refuses to run as root), no calls home. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The Chromium of this machine, headless and with an empty profile; null where none is installed. */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser | null> {
  const executablePath = findProgram("chromium", "chromium-browser", "google-chrome");
  if (executablePath === null) return null;
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}
