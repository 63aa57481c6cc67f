/** What tests of the console in a browser share: looking at a page as its readers do. */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** Screenshots of a run, to be looked at; the folder is none of the repository's. */
const SCREENSHOTS = fileURLToPath(new URL("../../artifacts/screenshots/", import.meta.url));

export const WIDE = { width: 1280, height: 860 };
export const NARROW = { width: 390, height: 844 };

export interface ConsolePage {
  page: Page;
  /** Faults of the page, as they are noticed. */
  errors: string[];
  /** What its own policy refused. */
  refusals: string[];
  /** Addresses on other hosts that the page asked for. */
  foreign: string[];
  close(): Promise<void>;
}

/** Opens a page of its own context, which is listened to from the beginning. */
export async function openConsole(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<ConsolePage> {
  const context = await browser.newContext({ viewport: WIDE, ...options });
  // Like all limits of tests: for what would never come, not for speed.
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const errors: string[] = [];
  const refusals: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (/Content.Security.Policy|Refused to|This document requires/i.test(message.text()))
      refusals.push(message.text());
  });
  const { host } = new URL(url);
  page.on("request", (request) => {
    const address = request.url();
    if (/^https?:/.test(address) && new URL(address).host !== host) foreign.push(address);
  });
  await page.goto(url);
  return { page, errors, refusals, foreign, close: () => context.close() };
}

declare const axe: { run(options: RunOptions): Promise<AxeResults> };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong, in lines such as `serious color-contrast: .card .quiet`. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target }) => `${impact} ${id}: ${target.join(" ")}`),
  );
}

/** How far the page is wider than its window, in pixels: then it would scroll sideways. */
export async function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

/** Where there is no room for what the head of a document's page leads to, it is behind a button. */
export async function openTools(page: Page): Promise<void> {
  const more = page.getByRole("button", { name: "More", exact: true });
  const shortcuts = page.getByRole("button", { name: "Keyboard shortcuts" });
  await more.or(shortcuts).filter({ visible: true }).first().waitFor();
  if (await more.isVisible()) await more.click();
}

export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png` });
}
