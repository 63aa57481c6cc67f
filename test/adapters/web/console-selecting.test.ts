import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage, type NewChange } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = `# Plan

The cat sat on **the mat**.

A second paragraph, about the dog.

And the cat sat again.
`;

describe.skipIf(!browser)("selecting in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  const open = (changes: readonly NewChange[] = []) => DocumentPage.open(browser!, BODY, changes);

  it("quotes what is selected, with its markup", async () => {
    await using shown = await open();
    await shown.select("the mat");
    await shown.page.getByRole("button", { name: "Quote" }).click();
    await shown.page.locator(".chip", { hasText: "**the mat**" }).waitFor();
    await shown.page.keyboard.type("Why a mat?");
    await shown.page.keyboard.press("Enter");
    await shown.page.locator(".message-user .quote", { hasText: "**the mat**" }).waitFor();
    expect(shown.talk.messages.find((one) => one.role === "user")).toMatchObject({
      text: "Why a mat?",
      quote: "**the mat**",
    });
  });

  it("opens a thread on a passage, and one on a paragraph", async () => {
    await using shown = await open();
    await shown.select("second");
    await shown.page.getByRole("button", { name: "Discuss" }).click();
    await shown.page.locator(".chip", { hasText: "New thread on this passage" }).waitFor();
    await shown.page.keyboard.type("Which one?");
    await shown.page.keyboard.press("Enter");
    await shown.page.locator(".thread-header .thread-passage", { hasText: "second" }).waitFor();
    await shown.page.locator(".document .passage", { hasText: "second" }).waitFor();
    await shown.page.locator(".document-block", { hasText: "A second" }).hover();
    await shown.page.getByRole("button", { name: "What to do with this paragraph" }).click();
    await shown.page.getByRole("button", { name: "Discuss" }).click();
    await shown.page.locator(".chip", { hasText: "New thread on this paragraph" }).waitFor();
    await shown.page.keyboard.type("All of it?");
    await shown.page.keyboard.press("Enter");
    await shown.page
      .locator(".thread-header .thread-passage", { hasText: "about the dog" })
      .waitFor();
    const kinds = [...shown.engine.talks.values()].map(({ thread }) => thread.kind);
    expect(kinds).toEqual(["discussion", "range", "paragraph"]);
  });

  it("proposes an edit by hand, with the original filled in, by keyboard alone", async () => {
    await using shown = await open();
    const { page } = shown;
    await page.locator(".document-scroll").focus();
    await page.keyboard.press("Alt+ArrowDown");
    await page.keyboard.press("Alt+ArrowDown");
    await page.keyboard.press("Alt+ArrowDown");
    await page.keyboard.press("Enter");
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await expect.poll(focused).toBe("Quote");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await focused()).toBe("Propose an edit");
    await page.keyboard.press("Enter");
    const field = page.getByLabel("New text");
    await field.waitFor();
    await expect.poll(() => field.inputValue()).toBe("A second paragraph, about the dog.");
    await field.focus();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("A paragraph about the dog.");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Shorter.");
    await page.keyboard.press("Enter");
    await shown.card(1).getByText("Shorter.").waitFor();
    expect(shown.change(1)).toMatchObject({
      kind: "manual",
      original: "A second paragraph, about the dog.",
      proposed: "A paragraph about the dog.",
      reason: "Shorter.",
    });
  });

  it("gives the focus back to the paragraph when one thinks better of it", async () => {
    await using shown = await open();
    const { page } = shown;
    await page.locator(".document-scroll").focus();
    await page.keyboard.press("Alt+ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("toolbar", { name: "This paragraph" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("toolbar").waitFor({ state: "detached" });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.className))
      .toContain("document-block");
  });

  it("edits the place that was pointed at, where the same text stands elsewhere too", async () => {
    await using shown = await open();
    await shown.page.locator(".document-block", { hasText: "again" }).waitFor();
    await shown.page.evaluate(() => {
      const text = document.querySelector(".document-block:last-child p")!.firstChild!;
      const range = document.createRange();
      range.setStart(text, 8);
      range.setEnd(text, 15);
      getSelection()!.removeAllRanges();
      getSelection()!.addRange(range);
    });
    await shown.page.getByRole("button", { name: "Propose an edit" }).click();
    await expect.poll(() => shown.page.getByLabel("New text").inputValue()).toBe("cat sat");
    await shown.page.getByLabel("New text").fill("dog sat");
    await shown.page.getByRole("button", { name: "Propose", exact: true }).click();
    await shown.card(1).waitFor();
    const start = BODY.lastIndexOf("cat sat");
    await expect
      .poll(() => shown.change(1).placement.passage)
      .toMatchObject({ start, end: start + "cat sat".length });
  });

  it("places a change that was not located where the person points", async () => {
    await using shown = await open([{ original: "no such text", proposed: "the owl" }]);
    const { page } = shown;
    await page.getByText("1 without a sure place").click();
    await shown.card(1).getByText("Not located").waitFor();
    await shown.card(1).getByRole("button", { name: "Choose in the document" }).click();
    await page.getByText("Where does change #1 belong?").waitFor();
    await shown.select("the dog");
    await page.getByRole("button", { name: "Place change #1 here" }).click();
    await shown.card(1).getByText("Pending").waitFor();
    await page.getByText("Where does change #1 belong?").waitFor({ state: "detached" });
    const start = BODY.indexOf("the dog");
    expect(shown.change(1).placement).toMatchObject({
      certainty: "certain",
      passage: { start, end: start + 7 },
    });
    await page.locator(".document del", { hasText: "dog" }).waitFor();
  });

  it("places an ambiguous change from the list of places, or from a paragraph by keyboard", async () => {
    const ambiguous = { original: "cat sat", proposed: "dog sat" };
    await using shown = await open([ambiguous, ambiguous]);
    const { page } = shown;
    await shown.card(1).getByRole("list", { name: "Places" }).getByRole("button").nth(1).click();
    await shown.card(1).getByText("Pending").waitFor();
    expect(shown.change(1).placement.passage?.start).toBe(BODY.lastIndexOf("cat sat"));
    await shown.card(2).getByRole("button", { name: "Choose in the document" }).click();
    await page.locator(".document-scroll").focus();
    await page.keyboard.press("Alt+ArrowDown");
    await page.keyboard.press("Alt+ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("button:focus", { hasText: "Place change #2 here" }).waitFor();
    await page.keyboard.press("Enter");
    await shown.card(2).getByText("Pending").waitFor();
    expect(shown.change(2).placement.passage?.start).toBe(BODY.indexOf("The cat"));
  });

  it("ends the choosing when it is cancelled, or somebody else has decided", async () => {
    await using shown = await open([{ original: "no such text", proposed: "the owl" }]);
    const { page } = shown;
    const banner = page.getByText("Where does change #1 belong?");
    const choose = shown.card(1).getByRole("button", { name: "Choose in the document" });
    await choose.click();
    await banner.waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await banner.waitFor({ state: "detached" });
    await choose.click();
    await banner.waitFor();
    await shown.engine.changes.decline(shown.change(1).id, undefined, shown.engine.user);
    await banner.waitFor({ state: "detached" });
  });
});
