import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { block } from "../../fakes/scripted-provider.ts";
import { launchBrowser } from "../../support/browser.ts";
import { keepScreenshot, openConsole, type ConsolePage } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { TestApp, until } from "../../support/test-app.ts";

const browser = await launchBrowser();

describe.skipIf(browser === null)("overview, why, history and search on the real engine", () => {
  let test: TestApp;
  let thread: string;
  const open: ConsolePage[] = [];

  beforeAll(async () => {
    markLeg("browser");
    test = await TestApp.start();
    thread = await test.newThread();
    test.provider.script = (request) => [
      "Longer then.\n\n",
      block(request, "one minute", "two minutes", "One is too short."),
      block(request, "lazy dog", "idle dog", "Kinder."),
      block(request, "same over all attempts", "same", "Shorter."),
    ];
    await test.ask(thread, "Is a minute enough?");
  });
  afterEach(async () => {
    for (const { errors, refusals, foreign, close } of open.splice(0)) {
      await close();
      const wrong = [...errors, ...refusals, ...foreign];
      if (wrong.length > 0) throw new Error(`the page failed: ${wrong.join("; ")}`);
    }
  });
  afterAll(async () => {
    await (browser as Browser).close();
    await test[Symbol.asyncDispose]();
  });

  async function visit(path: string): Promise<Page> {
    const opened = await openConsole(browser as Browser, test.app.url + path);
    open.push(opened);
    return opened.page;
  }
  const change = (page: Page, number: number) => page.getByLabel(new RegExp(`^Change ${number},`));

  it("shows what waits; an answer waits until it was seen", async () => {
    const page = await visit("/");
    const waiting = page.getByRole("region", { name: /^Waiting for you/ });
    await waiting.getByRole("link", { name: /Accept or decline change #1/ }).waitFor();
    const row = page.getByRole("listitem").filter({ hasText: "The RFC" });
    await row.getByRole("link", { name: "3 open" }).waitFor();
    expect(await page.getByRole("img", { name: /1 message, 3 proposed/ }).count()).toBe(2);
    await keepScreenshot(page, "overview");
    await waiting.getByRole("link", { name: /Read the answer/ }).click();
    await page.getByRole("region", { name: "Messages" }).getByText("Longer then.").waitFor();
    await until(async () => {
      const { waiting: left } = await test.engine.insight.overview(test.user);
      return left.every(({ kind }) => kind === "decision");
    }, "the answer to be read");
    await page.getByRole("link", { name: "Redline" }).click();
    await waiting.getByRole("link", { name: /Accept or decline change #2/ }).click();
    await page.waitForFunction(() =>
      document.activeElement?.getAttribute("aria-label")?.startsWith("Change 2,"),
    );
  });

  it("does the main job by keyboard alone", async () => {
    const page = await visit("/rfcs/rfc");
    await page.getByRole("region", { name: "Text" }).waitFor();
    await page.keyboard.press("?");
    const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await list.getByText("Accept it, or confirm its place").waitFor();
    await keepScreenshot(page, "shortcuts");
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "detached" });
    // The first one that waits, in the order of the document, whatever thread it is in.
    await page.keyboard.press("j");
    await change(page, 1).waitFor();
    await page.waitForFunction(() =>
      document.activeElement?.getAttribute("aria-label")?.startsWith("Change 1,"),
    );
    await page.keyboard.press("a");
    await change(page, 1)
      .getByText(/accepted this/)
      .waitFor();
    await page.keyboard.press("j");
    await page.waitForFunction(() =>
      document.activeElement?.getAttribute("aria-label")?.startsWith("Change 2,"),
    );
    await page.keyboard.press("d");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    // While somebody writes, keys are letters.
    await page.keyboard.type("Jokes aside: dogs stay as they are");
    await page.keyboard.press("Tab");
    await dialog.getByRole("button", { name: "Decline" }).press("Enter");
    await change(page, 2)
      .getByText(/declined this: Jokes aside/)
      .waitFor();
    await page.keyboard.press("c");
    await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
    test.provider.script = () => ["Heard."];
    await page.keyboard.type("jade, again?");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Messages" }).getByText("Heard.").waitFor();
    await until(async () => (await test.repository.show("rfc.md")).includes("two minutes"));
  });

  it("turns single keys off for those who hit them by accident", async () => {
    const page = await visit("/rfcs/rfc");
    await page.getByRole("region", { name: "Text" }).waitFor();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await page.getByLabel("Single-key shortcuts").uncheck();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("h");
    await page.keyboard.press("?");
    await page.getByLabel("Single-key shortcuts").check();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(new URL(page.url()).pathname).toBe("/rfcs/rfc");
    await page.keyboard.press("h");
    await page.waitForURL("**/rfcs/rfc/history");
  });

  it("answers why a clicked sentence reads so, and leads to the commit and back", async () => {
    const page = await visit("/rfcs/rfc");
    const text = page.getByRole("region", { name: "Text" });
    await text.getByText("Retries are sent after two minutes.").waitFor();
    await page.getByRole("button", { name: "Why?" }).click();
    await page.getByText("Click a sentence to see why").waitFor();
    await text.locator("p", { hasText: "Retries are sent" }).click({ position: { x: 20, y: 8 } });
    const panel = page.getByRole("dialog", { name: "Why does it read so?" });
    await panel
      .locator("blockquote", { hasText: /^Retries are sent after two minutes\.$/ })
      .waitFor();
    await panel.getByText("One is too short.").waitFor();
    expect(await panel.locator("del").first().innerText()).toBe("one minute");
    await panel.getByText(/What was said/).click();
    await panel.getByText("Is a minute enough?").waitFor();
    await panel.getByText(/accepted by Local maintainer/).waitFor();
    await keepScreenshot(page, "why");
    await panel.locator(".commit-link").click();
    await page.getByRole("heading", { name: /^Commit / }).waitFor();
    const tip = await test.repository.tip();
    await page.getByText(tip).waitFor();
    await keepScreenshot(page, "commit");
    await page.getByRole("link", { name: "Change #1" }).click();
    await change(page, 1).waitFor();
  });

  it("says that no change made the rest, by key and from a selected passage", async () => {
    const page = await visit("/rfcs/rfc");
    const sentence = page.getByRole("region", { name: "Text" }).getByText("The quick brown fox");
    await sentence.waitFor();
    await sentence.click({ clickCount: 3 });
    await page.keyboard.press("w");
    await page
      .getByRole("dialog")
      .getByText("The rest is as it was when the RFC came to Redline")
      .waitFor();
    // The first passage's own buttons would still be there for a moment.
    await page.reload();
    const item = page.getByRole("region", { name: "Text" }).getByText("second item");
    await item.click({ clickCount: 3 });
    await page.getByRole("toolbar").getByRole("button", { name: "Why?" }).click();
    await page.getByRole("dialog").getByText("No change of Redline made this").waitFor();
  });

  it("narrows the history by what is chosen, and keeps that in the address", async () => {
    const page = await visit("/rfcs/rfc/history");
    const entries = page.locator(".history > li");
    await entries.nth(1).waitFor();
    expect(await entries.locator(".story-change").allInnerTexts()).toEqual([
      "Change #2",
      "Change #1",
    ]);
    await page.getByLabel("State").selectOption("accepted");
    await entries.nth(1).waitFor({ state: "detached" });
    await page.getByText("One is too short.").waitFor();
    await page.getByLabel("Text").fill("nowhere");
    await page.getByText("Nothing fits these filters.").waitFor();
    expect(new URL(page.url()).search).toBe("?state=accepted&q=nowhere");
    await page.goto(`${test.app.url}/rfcs/rfc/history?state=pending`);
    await page.getByText("Change #3").waitFor();
    expect(await page.getByLabel("State").inputValue()).toBe("pending");
    await keepScreenshot(page, "history");
  });

  it("finds words while they are typed, and leads to where they stand", async () => {
    const page = await visit("/");
    await page.getByRole("region", { name: "RFCs" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("retries");
    await page.keyboard.press("Enter");
    await page.locator(".hit mark", { hasText: "Retries" }).first().waitFor();
    await page.getByRole("searchbox").fill("attem");
    await page.getByRole("button", { name: /^Documents 1$/ }).click();
    await page.locator(".hit mark", { hasText: "attem" }).first().waitFor();
    await keepScreenshot(page, "search");
    await page.locator(".hit-change").waitFor({ state: "detached" });
    await page.locator(".hit").click();
    await page.waitForURL("**/rfcs/rfc#at-*");
    await page.getByRole("heading", { name: "Design" }).waitFor();
    await page.goto(`${test.app.url}/search?q=jade`);
    await page.locator(".hit").click();
    await page.locator(".message-user", { hasText: "jade, again?" }).waitFor();
  });

  it("asks the model that was picked for the thread, also after a reload", async () => {
    const page = await visit(`/rfcs/rfc/threads/${thread}`);
    const picker = page.getByLabel("Model");
    await picker.selectOption({ label: "Scripted too" });
    await until(
      async () => (await test.engine.threads.view(thread)).thread.modelId === "scripted-2",
    );
    await page.reload();
    await page.waitForFunction(
      () =>
        document.querySelector<HTMLSelectElement>(".model-picker select")?.value === "scripted-2",
    );
    test.provider.script = () => ["From the other one."];
    await page.getByRole("textbox", { name: "Message" }).fill("Who answers?");
    await page.keyboard.press("Enter");
    const answer = page.locator(".message-answer", { hasText: "From the other one." });
    await answer.getByText("scripted-2").waitFor();
  });

  it("shows one person's doing to another who only reads the document", async () => {
    const reader = await visit("/rfcs/rfc");
    const text = reader.getByRole("region", { name: "Text" });
    await text.locator("del", { hasText: "over all attempts" }).first().waitFor();
    const { changes } = await test.engine.threads.view(thread);
    await test.engine.changes.accept(changes[2]!.id, test.user);
    await text.getByText("It stays the same.").waitFor();
    expect(await text.locator("del").count()).toBe(0);
  });
});
