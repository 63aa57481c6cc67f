/** The main job from one end to the other, with a keyboard and nothing else. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { block } from "../../fakes/scripted-provider.ts";
import { launchBrowser } from "../../support/browser.ts";
import { openConsole } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { TestApp, until } from "../../support/test-app.ts";

const browser: Browser | null = await launchBrowser();

describe.skipIf(!browser)("by keyboard alone, on the real engine", () => {
  let test: TestApp;
  beforeAll(async () => {
    markLeg("browser");
    test = await TestApp.start();
  });
  afterAll(async () => {
    await browser!.close();
    await test[Symbol.asyncDispose]();
  });

  /** What has the focus, by the name that it is announced with, and the card that it is in. */
  const focused = (page: Page): Promise<{ name: string; card: string }> =>
    page.evaluate(() => {
      const { activeElement: at } = document;
      const name = at?.getAttribute("aria-label") ?? at?.textContent ?? "";
      return {
        name: name.trim(),
        card: at?.closest("[aria-label^='Change ']")?.getAttribute("aria-label") ?? "",
      };
    });
  /** Presses the key until the focus is where it shall be. */
  async function walk(
    page: Page,
    key: string,
    there: (at: { name: string; card: string }) => boolean,
  ): Promise<void> {
    const passed: string[] = [];
    for (let step = 0; step < 80; step++) {
      const at = await focused(page);
      if (there(at)) return;
      passed.push(at.name.slice(0, 30));
      await page.keyboard.press(key);
    }
    throw new Error(`the focus did not come there, but by ${passed.join(" | ")}`);
  }
  const accepted = async (page: Page, number: number, words: string): Promise<void> => {
    const card = page.getByLabel(new RegExp(`^Change ${number},`));
    await card.getByText(/accepted this/).waitFor();
    await until(async () => (await test.repository.show("rfc.md")).includes(words), "the commit");
    await page.getByRole("region", { name: "Text" }).getByText(words).waitFor();
  };

  it("is done with its own keys, from the overview on", async () => {
    const { page, errors, close } = await openConsole(browser!, test.app.url!);
    test.provider.script = (request) => [
      "Longer.\n\n",
      block(request, "after one minute", "after two minutes", "One is too short."),
    ];
    await page.getByRole("region", { name: "RFCs" }).getByText("The RFC").waitFor();
    await walk(page, "Tab", ({ name }) => name.startsWith("The RFC"));
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Text" }).waitFor();
    await page.keyboard.press("c");
    await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
    await page.keyboard.type("Is one minute enough?");
    await page.keyboard.press("Enter");
    await page
      .getByLabel(/^Change 1,/)
      .getByText("One is too short.")
      .waitFor();
    await page.locator(".caret").waitFor({ state: "detached" });
    // Out of the field, where keys are letters, and to the card.
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await expect.poll(async () => (await focused(page)).card).toMatch(/^Change 1,/);
    await page.keyboard.press("a");
    await accepted(page, 1, "after two minutes");
    expect(errors).toEqual([]);
    await close();
  });

  it("is done without any key of its own, by walking from control to control", async () => {
    const { page, errors, close } = await openConsole(browser!, `${test.app.url}/rfcs/rfc`);
    test.provider.script = (request) => [
      "Kinder.\n\n",
      block(request, "lazy dog", "idle dog", "No blame."),
    ];
    await page.getByRole("region", { name: "Text" }).waitFor();
    await walk(page, "Tab", ({ name }) => name === "Keyboard shortcuts");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    const isSwitch = () =>
      page.evaluate(() => document.activeElement?.getAttribute("type") === "checkbox");
    while (!(await isSwitch())) await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await walk(page, "Shift+Tab", ({ name }) => name.startsWith("First message"));
    await page.keyboard.type("And the dog?");
    await page.keyboard.press("Enter");
    await page
      .getByLabel(/^Change 2,/)
      .getByText("No blame.")
      .waitFor();
    await page.locator(".caret").waitFor({ state: "detached" });
    await walk(
      page,
      "Shift+Tab",
      ({ name, card }) => name === "Accept" && card.startsWith("Change 2,"),
    );
    await page.keyboard.press("Enter");
    await accepted(page, 2, "idle dog");
    // Whoever decided goes on from there, and not from the top of the page.
    await expect.poll(async () => (await focused(page)).card).toMatch(/^Change 2,/);
    expect(errors).toEqual([]);
    await close();
  });
});
