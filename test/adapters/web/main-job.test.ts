import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { block } from "../../fakes/scripted-provider.ts";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { TestApp, until } from "../../support/test-app.ts";

const browser = await launchBrowser();

/** A promise that the test resolves. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe.skipIf(browser === null)("the console on the real engine", () => {
  let test: TestApp;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    markLeg("browser");
    test = await TestApp.start();
  });
  afterAll(async () => {
    await (browser as Browser).close();
    await test[Symbol.asyncDispose]();
  });

  async function open(path: string): Promise<Page> {
    const opened = await (browser as Browser).newPage({ viewport: { width: 1280, height: 850 } });
    opened.on("pageerror", (error) => errors.push(error.message));
    await opened.goto(test.app.url + path);
    return opened;
  }

  async function write(text: string): Promise<void> {
    await page.getByRole("textbox").fill(text);
    await page.keyboard.press("Enter");
  }

  const articleOf = (of: Page) => of.getByRole("region", { name: "Text" });
  const messagesOf = (of: Page) => of.getByRole("region", { name: "Messages" });

  it("shows the document, streams an answer and its redline, and commits what is accepted", async () => {
    page = await open("/rfcs/rfc");
    await articleOf(page).getByText("The quick brown fox").waitFor();
    const rest = gate();
    test.provider.script = (request) => [
      "I would wait longer.\n\n",
      block(request, "after one minute", "after two minutes", "One is too short."),
      rest.opened,
      "That is **all**.",
    ];
    await write("Is one minute enough?");
    // While the answer is still being written: its first words, the card, and the redline in the document.
    await messagesOf(page).getByText("I would wait longer.").waitFor();
    const card = page.getByLabel(/^Change 1,/);
    await card.getByText("One is too short.").waitFor();
    await articleOf(page).locator("del").first().waitFor();
    expect(await articleOf(page).locator("ins").first().textContent()).toContain("two");
    rest.open();
    await messagesOf(page).locator("strong", { hasText: "all" }).waitFor();

    await card.getByRole("button", { name: "Accept" }).click();
    await card
      .getByText(/accepted/i)
      .first()
      .waitFor();
    await until(async () => (await test.repository.show("rfc.md")).includes("after two minutes"));
    await articleOf(page).getByText("Retries are sent after two minutes.").waitFor();
    expect(await card.getByRole("button", { name: "Accept" }).count()).toBe(0);
  });

  it("goes on where it was after a reload in mid-answer, also in a second window", async () => {
    const rest = gate();
    test.provider.script = () => ["The first half, ", rest.opened, "the second half."];
    await write("Go on");
    await messagesOf(page).getByText("The first half,").waitFor();
    await page.reload();
    const other = await open(new URL(page.url()).pathname);
    await messagesOf(page).getByText("The first half,").waitFor();
    await messagesOf(other).getByText("The first half,").waitFor();
    rest.open();
    const whole = "The first half, the second half.";
    for (const each of [page, other]) {
      await messagesOf(each).getByText(whole, { exact: true }).waitFor();
    }
    await other.close();
  });

  it("stops an answer, and declines a change with a reason that everybody sees", async () => {
    const never = gate();
    test.provider.script = (request) => [
      "Words\n",
      block(request, "lazy dog", "idle dog"),
      never.opened,
    ];
    await write("Another");
    const card = page.getByLabel(/^Change 2,/);
    await card.waitFor();
    await page.getByRole("button", { name: /stop/i }).click();
    await messagesOf(page).getByText("The answer was stopped.").waitFor();
    await card.getByRole("button", { name: "Decline" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("Dogs are lazy.");
    await dialog.getByRole("button", { name: "Decline" }).click();
    await messagesOf(page)
      .getByText("Local maintainer declined change #2: Dogs are lazy.")
      .waitFor();
  });

  it("follows an edit from outside", async () => {
    await test.repository.outsideCommit("rfc.md", "# Title\n\nSomebody else wrote this.\n");
    await articleOf(page).getByText("Somebody else wrote this.").waitFor();
    await messagesOf(page).getByText("The document was edited outside of Redline").waitFor();
  });

  it("came through without an error in the page", () => {
    expect(errors).toEqual([]);
  });
});
