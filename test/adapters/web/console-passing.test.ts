/** What passes by itself, what would not, and headings told of outside of their document. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();
const BODY = "# The `plan` of *cats*\n\nThe cat sat on the mat.\n";

describe.skipIf(!browser)("what fails in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());

  it("comes by itself once it can: a thread whose loading failed", async () => {
    await using shown = await DocumentPage.open(browser!, BODY, [
      { original: "The cat", proposed: "A cat" },
    ]);
    const { page, talk } = shown;
    await shown.card(1).waitFor();
    let failures = 0;
    await page.route(`**/api/threads/${talk.thread.id}`, (route) => {
      failures += 1;
      return route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify({
          type: "urn:redline:problem:not-ready",
          detail: "The database does not answer.",
        }),
      });
    });
    await page.reload();
    await page.getByRole("alert").getByText("The database does not answer.").waitFor();
    expect(failures).toBeGreaterThan(0);
    await page.unroute(`**/api/threads/${talk.thread.id}`);
    await shown.card(1).waitFor();
  });

  it("is shown once: a message that the thread has before its sending is answered", async () => {
    await using shown = await DocumentPage.open(browser!, BODY, [
      { original: "The cat", proposed: "A cat" },
    ]);
    const { page, talk, engine } = shown;
    let answer = (): void => {};
    const asked = new Promise<void>((resolve) => {
      void page.route("**/messages", (route) => {
        answer = () => void route.fulfill({ status: 200, body: "" });
        resolve();
      });
    });
    await page.getByLabel("Message", { exact: true }).fill("Said once.");
    await page.keyboard.press("Enter");
    await asked;
    const said = page.locator(".message-user", { hasText: "Said once." });
    await said.getByText("Sending…").waitFor();
    engine.addMessage(talk, { author: "Kim", text: "Said once." });
    // Any decision has the thread loaded anew.
    await shown.card(1).getByRole("button", { name: "Accept", exact: true }).click();
    await said.getByText("Kim").waitFor();
    expect(await said.count()).toBe(1);
    answer();
  });

  it("is not offered again where the answer would be the same: an unknown commit", async () => {
    await using shown = await DocumentPage.open(browser!, BODY, []);
    const { page, engine } = shown;
    engine.insight.commit = async () => {
      throw new UserError("not-found", "Redline knows no such commit of this document.");
    };
    await page.goto(new URL("/rfcs/plan/commits/deadbeef", page.url()).href);
    await page.getByText("Redline knows no such commit").waitFor();
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
  });

  it("says the headings of a document as they read, in the history and in what was found", async () => {
    await using shown = await DocumentPage.open(browser!, BODY, [
      { original: "The cat", proposed: "A cat", state: "declined" },
    ]);
    const { page, engine } = shown;
    const section = ["The `plan` of *cats*"];
    engine.insight.history = async () => ({
      entries: [{ change: { ...shown.change(1), section }, decision: null, threadTitle: null }],
      total: 1,
      next: null,
      people: [],
      sections: section,
    });
    await page.goto(new URL("/rfcs/plan/history", page.url()).href);
    await page.getByText(/^The plan of cats · /).waitFor();
    const choice = page.getByLabel("Section");
    expect(await choice.locator("option").allInnerTexts()).toContain("The plan of cats");
    await choice.selectOption("The plan of cats");
    expect(new URL(page.url()).searchParams.get("section")).toBe(section[0]);
    engine.insight.search = async () => ({
      hits: [
        {
          kind: "document",
          rfcSlug: "plan",
          rfcTitle: "Plan",
          excerpt: [{ text: "cat", found: true }],
          threadId: null,
          messageId: null,
          changeId: null,
          changeNumber: null,
          changeState: null,
          author: null,
          section,
          offset: 0,
          at: null,
        },
      ],
      totals: { document: 1, message: 0, change: 0 },
      page: 1,
      pages: 1,
    });
    await page.goto(new URL("/search?q=cat", page.url()).href);
    await page.getByText("The plan of cats", { exact: true }).waitFor();
  });

  it("says so in the console's own words where there is no page", async () => {
    await using shown = await DocumentPage.open(browser!, BODY, []);
    const { page } = shown;
    const answer = await page.goto(new URL("/x", page.url()).href);
    expect(answer?.status()).toBe(404);
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    await page.getByRole("link", { name: "All RFCs" }).click();
    await page.getByRole("heading", { name: "RFCs", exact: true }).waitFor();
  });
});
