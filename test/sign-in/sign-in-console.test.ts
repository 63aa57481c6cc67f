/** Signing in as people do it: in a browser, against GitHub's own pages. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  NARROW,
  openConsole,
  sidewaysScroll,
  WIDE,
} from "../support/console-page.ts";
import { SignInApp } from "../support/sign-in-app.ts";

const browser: Browser | null = await launchBrowser();
let app: SignInApp;

beforeAll(async () => {
  if (!browser) return;
  app = await SignInApp.start();
  app.github.addUser("octo-bob", { permission: "write" });
  app.github.addUser("octo-stranger");
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
  await browser?.close();
});

const open = (path: string, options = {}) => openConsole(browser!, app.publicUrl + path, options);

it.skipIf(!browser)("leads from a link through GitHub to the page, and out again", async () => {
  const { page, errors, refusals, close } = await open("/rfcs/retries");
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("link", { name: "Authorize as octo-bob" }).click();
  await page.getByRole("heading", { name: "Design" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/rfcs/retries");

  await page.getByRole("button", { name: "Signed in as octo-bob" }).click();
  expect(await findBarriers(page)).toEqual([]);
  await keepScreenshot(page, "signed-in-wide");
  await page.setViewportSize(NARROW);
  expect(await sidewaysScroll(page)).toBe(0);
  await keepScreenshot(page, "signed-in-narrow");
  await page.setViewportSize(WIDE);
  await page.getByRole("link", { name: "Where you are signed in" }).click();
  await page.getByText("This browser").waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await keepScreenshot(page, "you-wide");

  await page.getByRole("button", { name: "Signed in as octo-bob" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.goto(`${app.publicUrl}/rfcs/retries`);
  await page.getByRole("link", { name: "Sign in with GitHub" }).waitFor();
  expect({ errors, refusals }).toEqual({ errors: [], refusals: [] });
  await close();
});

it.skipIf(!browser)("says who may not see something so, and keeps what was open", async () => {
  const { page, close } = await open("/rfcs/retries", { viewport: NARROW, colorScheme: "dark" });
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("link", { name: "Authorize as octo-stranger" }).click();
  await page.getByText("it is not yours to see").first().waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await keepScreenshot(page, "not-allowed-narrow-dark");
  await page.goto(`${app.publicUrl}/you`);
  await page.getByText("This browser").waitFor();
  expect(await sidewaysScroll(page)).toBe(0);
  expect(await findBarriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Signed in as octo-stranger" }).click();
  await keepScreenshot(page, "you-narrow-dark");

  await app.sql`delete from sessions`;
  await page.goto(`${app.publicUrl}/sign-in`);
  await page.goBack();
  await page.getByRole("link", { name: "Sign in with GitHub" }).waitFor();
  await close();
});

it.skipIf(!browser)("tells of a session that ended while a page was open", async () => {
  const { page, close } = await open("/you");
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("link", { name: "Authorize as octo-bob" }).click();
  await page.getByText("This browser").waitFor();
  await app.sql`delete from sessions`;
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByRole("link", { name: "Sign in again" }).waitFor();
  expect(await findBarriers(page)).toEqual([]);
  await keepScreenshot(page, "signed-out-while-open");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("link", { name: "Authorize as octo-bob" }).click();
  await page.getByText("This browser").waitFor();
  expect(new URL(page.url()).pathname).toBe("/you");
  await close();
});

const LOOKS = [
  ["wide-light", { viewport: WIDE, colorScheme: "light" }],
  ["narrow-dark", { viewport: NARROW, colorScheme: "dark" }],
] as const;

it.skipIf(!browser).each(LOOKS)("shows the way in and what went wrong (%s)", async (name, look) => {
  const { page, refusals, close } = await open("/search?q=a", look);
  const keep = async (state: string): Promise<void> => {
    expect(await findBarriers(page), state).toEqual([]);
    expect(await sidewaysScroll(page), state).toBe(0);
    await keepScreenshot(page, `sign-in-${state}-${name}`);
  };
  await page.getByRole("link", { name: "Sign in with GitHub" }).waitFor();
  await page.getByText("For whoever runs Redline").click();
  await keep("begin");

  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByText("You declined on GitHub").waitFor();
  await keep("declined");

  app.github.fault({ path: /access_token/, status: 503, times: 1 });
  await page.getByRole("link", { name: "Try again with GitHub" }).click();
  await page.getByRole("link", { name: "Authorize as octo-bob" }).click();
  await page.getByRole("alert").waitFor();
  expect(await page.getByRole("alert").textContent()).toMatch(/GitHub is having trouble/);
  await keep("github-down");

  await page.goto(`${app.publicUrl}/sign-in/github/callback?code=x&state=y`);
  await page.getByText("not begun in this browser").waitFor();
  await keep("stale");

  await page.getByRole("link", { name: "Try again with GitHub" }).click();
  await page.getByRole("link", { name: "Authorize as octo-bob" }).click();
  await page.getByRole("button", { name: "Signed in as octo-bob" }).waitFor();
  expect(refusals).toEqual([]);
  await close();
});
