/** What the reader sees of a long conversation: the end, what was asked for, and what one has just sent. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { until } from "../../support/test-app.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const WORDS = Array.from({ length: 12 }, (_, at) => `word${at}`);
const BODY = `# Plan\n\n${WORDS.map((word) => `About ${word}.`).join("\n\n")}\n`;
const CHANGES = WORDS.map((word) => ({ original: word, proposed: `${word} again` }));

describe.skipIf(!browser)("a long conversation in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  const open = () => DocumentPage.open(browser!, BODY, CHANGES);

  it("begins with the card of the redline that was clicked", async () => {
    await using shown = await open();
    await shown.page.goto(shown.page.url().replace(/\/threads\/.*$/, ""));
    await shown.page
      .locator(`.document [data-change="${shown.change(1).id}"]`)
      .first()
      .click();
    await shown.card(1).waitFor();
    await until(async () => isInView(shown, 1), "the card in view");
    // What is laid out later does not take it away again.
    await shown.page.waitForLoadState("networkidle");
    expect(await isInView(shown, 1)).toBe(true);
  });

  it("shows what the reader sends, wherever the reader is", async () => {
    await using shown = await open();
    const list = shown.page.getByRole("region", { name: "Messages" });
    await list.evaluate((element) => element.scrollTo(0, 0));
    await until(async () => (await list.evaluate((element) => element.scrollTop)) === 0);
    await shown.page.getByLabel("Message", { exact: true }).fill("Is that all?");
    await shown.page.keyboard.press("Enter");
    await until(async () =>
      list.evaluate(
        (element) => element.scrollHeight - element.scrollTop - element.clientHeight < 100,
      ),
    );
  });

  it("keeps a dialog open whose text is selected beyond its edge", async () => {
    await using shown = await open();
    await shown.card(12).getByRole("button", { name: "Edit" }).click();
    const field = shown.page.getByLabel("New text");
    await field.fill("something else");
    const box = (await field.boundingBox())!;
    await shown.page.mouse.move(box.x + 40, box.y + 15);
    await shown.page.mouse.down();
    await shown.page.mouse.move(3, box.y + 15, { steps: 4 });
    await shown.page.mouse.up();
    expect(await field.inputValue()).toBe("something else");
    await shown.page.mouse.click(3, 3);
    await shown.page.getByRole("dialog").waitFor({ state: "detached" });
  });
});

async function isInView(shown: DocumentPage, number: number): Promise<boolean> {
  return shown.card(number).evaluate((card) => {
    const { top, bottom } = card.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
}
