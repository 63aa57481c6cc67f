/** Makes the README's picture: `npx tsx docs/screenshot.ts`, beside a running `npm start` with the sample. */
import { fileURLToPath } from "node:url";

import { launchBrowser } from "../test/support/browser.ts";

const url = process.argv[2] ?? "http://127.0.0.1:3000/rfcs/sample";
const REQUEST =
  "replace “a fixed delay of 60 seconds. The delay is\nthe same for each attempt” with “a delay that doubles with each attempt, from one minute on”";

const browser = await launchBrowser();
if (!browser) throw new Error("no Chromium is installed");
const page = await browser.newPage({
  viewport: { width: 1280, height: 800 },
  deviceScaleFactor: 2,
});
await page.goto(url);
await page.getByRole("textbox").fill(REQUEST);
await page.keyboard.press("Enter");
const card = page.getByLabel(/^Change 1,/);
await card.getByRole("button", { name: "Accept" }).waitFor();
await card.getByRole("link").or(card.getByRole("button")).first().click();
await page.mouse.move(0, 0);
await page.locator("article, [role=region] ins").first().waitFor();
// What points the redline out has faded by then.
await page.waitForFunction(() => document.getAnimations().length === 0);
await page.screenshot({ path: fileURLToPath(new URL("./console.png", import.meta.url)) });
await browser.close();
