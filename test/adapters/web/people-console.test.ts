/** What concerns people in the console: what they were told, what troubles them, who they are, the record. */
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { keepScreenshot } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage, type NewChange } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = "# Plan\n\nThe cat sat on the mat.\n\nThe dog lay on the rug.\n\nOne two three.\n";

const open = (changes: NewChange[] = [], options: BrowserContextOptions = {}) =>
  DocumentPage.open(browser!, BODY, changes, options);

async function go({ page }: DocumentPage, path: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href);
}

const concernCard = (page: Page, number: number): Locator =>
  page.getByRole("article", { name: new RegExp(`^Concern ${number},`) });
const anchored = (shown: DocumentPage, text: string) => {
  const start = shown.body.indexOf(text);
  const passage = { start, end: start + text.length };
  return { passage, anchorText: text, anchorBlobSha: shown.document.headSha };
};

beforeAll(() => (browser ? markLeg("browser") : undefined));
afterAll(() => browser?.close());

describe.skipIf(!browser)("notifications in a browser", () => {
  it("are counted on every page, lead to what they are about, and are read by that", async () => {
    await using shown = await open();
    const { page, engine, talk } = shown;
    const { thread } = engine.addThread({ rfcSlug: "plan", title: "The other one" });
    const url = `https://redline.example/rfcs/plan/threads/${thread.id}`;
    const [answer, gone] = [
      engine.notifications.add({ rfcSlug: "plan", threadId: thread.id, url }),
      engine.notifications.add({ rfcSlug: "plan", text: "It was closed.", url: "javascript:1" }),
    ];
    await go(shown, `/rfcs/plan/threads/${talk.thread.id}`);
    await page.getByRole("link", { name: "Notifications 2 unread" }).click();
    await page.getByRole("heading", { name: "Notifications" }).waitFor();
    // An address that leads nowhere is no link.
    expect(await page.getByRole("link", { name: /It was closed/ }).count()).toBe(0);
    await page.getByRole("link", { name: /^New: Ada wrote/ }).click();
    await page.getByRole("heading", { name: "The other one" }).waitFor();
    await page.getByRole("link", { name: "Notifications 1 unread" }).waitFor();
    expect([answer.readAt, gone.readAt]).toEqual([expect.any(Date), null]);
  });

  it("of a thread are read by who reads the thread", async () => {
    await using shown = await open();
    const { page, engine, talk } = shown;
    engine.addMessage(talk, { author: "Ada", text: "So?" });
    const { id: threadId } = talk.thread;
    const seen = engine.notifications.add({ rfcSlug: "plan", threadId });
    const other = engine.notifications.add({ rfcSlug: "plan" });
    await page.reload();
    await expect.poll(() => seen.readAt).not.toBeNull();
    expect(other.readAt).toBeNull();
    await page.getByRole("link", { name: "Notifications 1 unread" }).waitFor();
  });

  it("are shown a page at a time, and marked as read alone or together", async () => {
    await using shown = await open();
    const { page, engine } = shown;
    for (let at = 1; at <= 40; at++)
      engine.notifications.add({ rfcSlug: "plan", text: `No ${at}` });
    await go(shown, "/notifications");
    const items = page.locator(".notification");
    await expect.poll(() => items.count()).toBe(30);
    await page.getByRole("button", { name: "Mark as read No 40", exact: true }).click();
    await page.getByRole("link", { name: "Notifications 39 unread" }).waitFor();
    await page.getByRole("button", { name: "Show earlier ones" }).click();
    await expect.poll(() => items.count()).toBe(40);
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await page.getByRole("button", { name: /^Mark/ }).first().waitFor({ state: "detached" });
    expect(engine.notifications.rows.every(({ readAt }) => readAt !== null)).toBe(true);
  });

  it("are told as the person chooses; what is refused is not shown as chosen", async () => {
    await using shown = await open();
    const { page, engine } = shown;
    await go(shown, "/notifications");
    await page.getByLabel("Every hour").check();
    await page.getByRole("status").getByText("Saved.").waitFor();
    await page.getByLabel("At once").uncheck();
    const zone = page.getByRole("combobox", { name: "Time zone" });
    await zone.fill("Nowhere/At_All");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("is no time zone").waitFor();
    expect(await zone.inputValue()).toBe("Nowhere/At_All");
    await zone.fill("Asia/Tokyo");
    await page.keyboard.press("Enter");
    await expect
      .poll(() => engine.notifications.chosen)
      .toEqual({
        digest: "hourly",
        timeZone: "Asia/Tokyo",
        direct: false,
      });
  });

  it("come of what is watched, and not of what is muted", async () => {
    await using shown = await open();
    const { page, engine, talk } = shown;
    await page.getByRole("button", { name: "Watch", exact: true }).click();
    const dialog = page.getByRole("dialog");
    const whole = dialog.getByRole("group", { name: "The whole RFC" });
    await whole.getByLabel("Everything").check();
    await dialog
      .getByRole("group", { name: "The thread" })
      .getByLabel(/^Nothing/)
      .check();
    await expect
      .poll(() => engine.notifications.subjects)
      .toMatchObject([
        { isWatched: true, isMuted: false, threads: [{ threadId: talk.thread.id, isMuted: true }] },
      ]);
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Watching" }).waitFor();
    await go(shown, "/notifications");
    await page.getByRole("button", { name: "Unmute A thread" }).click();
    await page.getByRole("button", { name: "Unwatch Plan" }).click();
    await page.getByText("You watch no RFC").waitFor();
  });
});

describe.skipIf(!browser)("concerns in a browser", () => {
  it("are raised on selected text, marked there, and resolved", async () => {
    await using shown = await open();
    const { page, engine, talk } = shown;
    await shown.select("dog lay");
    await page.getByRole("toolbar").getByRole("button", { name: "Concern" }).click();
    const dialog = page.getByRole("dialog");
    const raise = dialog.getByRole("button", { name: "Raise it" });
    expect(await raise.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill("Dogs do not lie on rugs.");
    await raise.click();
    await concernCard(page, 1).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toBe("Concern 1, open");
    expect(engine.concerns.rows[0]).toMatchObject({
      threadId: talk.thread.id,
      anchorText: "dog lay",
      text: "Dogs do not lie on rugs.",
    });
    const passage = page.locator(".document .passage");
    await expect.poll(() => passage.textContent()).toBe("dog lay");
    // From its margin to its card, and back to its words.
    await concernCard(page, 1)
      .getByRole("link", { name: /^Thread/ })
      .click();
    await page.getByRole("list", { name: "Open concerns of this thread" }).waitFor();
    await page
      .getByRole("button", { name: "Concern 1, Dogs do not lie on rugs.: show it" })
      .first()
      .click();
    await concernCard(page, 1).waitFor();
    await keepScreenshot(page, "concern");
    await concernCard(page, 1).getByRole("button", { name: "Resolve… concern 1" }).click();
    await dialog.getByRole("textbox").fill("This one does.");
    await dialog.getByRole("button", { name: "Resolve" }).click();
    await page.getByText("1 settled").click();
    await concernCard(page, 1).getByText("Resolved by Robin").waitFor();
    await concernCard(page, 1).getByText("This one does.").waitFor();
    await expect.poll(() => passage.count()).toBe(0);
  });

  it("about the whole begin a thread where there is none; a failure keeps what was written", async () => {
    await using shown = await open();
    const { page, engine, talk } = shown;
    await engine.threads.close(talk.thread.id, engine.user);
    await go(shown, "/rfcs/plan");
    await page.getByRole("button", { name: "Raise a concern" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("It begins a new thread.").waitFor();
    await dialog.getByRole("textbox").fill("Too short\nby far.");
    const { raise } = engine.concerns;
    Object.assign(engine.concerns, { raise: () => Promise.reject(new Error("no")) });
    await dialog.getByRole("button", { name: "Raise it" }).click();
    await dialog.getByRole("alert").waitFor();
    Object.assign(engine.concerns, { raise });
    await dialog.getByRole("button", { name: "Try again" }).click();
    await concernCard(page, 1).getByText("Too short").waitFor();
    // One thread, however often it was tried.
    expect([...engine.talks.values()].map(({ thread }) => thread.title)).toEqual([
      null,
      "Concern: Too short",
    ]);
  });

  it("are withdrawn by their author alone, who is asked when the passage reads otherwise", async () => {
    await using shown = await open();
    const { page, engine, talk } = shown;
    const about = { rfcSlug: "plan", threadId: talk.thread.id };
    const gone = { anchorText: "a passage", anchorStaleSince: new Date() };
    engine.concerns.add({ ...about, ...gone });
    engine.concerns.add({ ...about, ...gone, author: "Ada", authorId: "ada" });
    await go(shown, "/rfcs/plan");
    await concernCard(page, 1).getByText("Does that settle your concern?").waitFor();
    await concernCard(page, 2).getByText("Ada was asked.").waitFor();
    expect(await concernCard(page, 2).getByRole("button", { name: "Withdraw" }).count()).toBe(0);
    await concernCard(page, 1).getByRole("button", { name: "Withdraw" }).click();
    await page.getByText("1 settled").waitFor();
    expect(engine.concerns.rows[0]!.state).toBe("withdrawn");
  });

  it("of other people come without a reload, once anything says so", async () => {
    await using shown = await open();
    const { page, engine, talk } = shown;
    await go(shown, "/rfcs/plan");
    await page.getByRole("button", { name: "Raise a concern" }).waitFor();
    const about = { rfcSlug: "plan", threadId: talk.thread.id };
    engine.concerns.add({ ...about, ...anchored(shown, "One two") });
    engine.insight.pulse = async () => "another";
    await concernCard(page, 1).waitFor();
    await expect.poll(() => page.locator(".document .passage").textContent()).toBe("One two");
  });
});

describe.skipIf(!browser)("a merge in a browser", () => {
  it("is proposed, says what holds it, and takes a word that can be changed", async () => {
    await using shown = await open([{ original: "The cat", proposed: "A cat" }]);
    const { page, engine, talk } = shown;
    const about = { rfcSlug: "plan", threadId: talk.thread.id };
    engine.concerns.add({ ...about, text: "Too short." });
    engine.merges.asked = [{ userId: engine.user.id, name: "Robin" }];
    await go(shown, "/rfcs/plan");
    await page.getByRole("button", { name: "Propose to merge…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("An open concern holds it:").waitFor();
    await dialog.getByText("One change is not decided").waitFor();
    await dialog.getByLabel("Days to wait").fill("5");
    await dialog.getByRole("button", { name: "Propose" }).click();
    const card = page.getByRole("article", { name: "Proposal to merge" });
    await card.getByText("Held by one open concern.").waitFor();
    expect(engine.merges.rows[0]).toMatchObject({ threadId: talk.thread.id, waitDays: 5 });
    expect(await page.getByRole("button", { name: "Propose to merge…" }).count()).toBe(0);
    await card.getByRole("button", { name: "Object" }).click();
    await card.getByText("Held by one open concern and one objection.").waitFor();
    await card.getByRole("button", { name: "Agree" }).click();
    await card.getByText("Robin agrees").waitFor();
    await card.getByRole("button", { name: "change #1" }).click();
    await shown.card(1).waitFor();
    await go(shown, "/rfcs/plan");
    await card.getByRole("button", { name: "Withdraw the proposal" }).click();
    await page.getByRole("button", { name: "Propose to merge…" }).waitFor();
    expect(await card.count()).toBe(0);
  });

  it("asks nobody who was not asked, and is not proposed once the pull request has ended", async () => {
    await using shown = await open();
    const { page, engine, talk, document } = shown;
    engine.merges.asked = [{ userId: "ada", name: "Ada" }];
    engine.merges.add({ rfcSlug: "plan", threadId: talk.thread.id });
    await go(shown, "/rfcs/plan");
    const card = page.getByRole("article", { name: "Proposal to merge" });
    await card.getByText("Ada was asked").waitFor();
    expect(await card.getByRole("button", { name: "Agree" }).count()).toBe(0);
    Object.assign(engine.merges.rows[0]!, { state: "ended" });
    const url = "https://github.com/acme/rfcs/pull/1";
    document.pullRequest = { number: 1, title: "T", url, state: "merged", readOnly: null };
    await page.reload();
    await page.getByRole("button", { name: "Raise a concern" }).waitFor();
    expect(await page.getByRole("button", { name: /^Propose to merge/ }).count()).toBe(0);
  });
});

describe.skipIf(!browser)("people and the record in a browser", () => {
  it("are many, found by name, and few of them drawn at once", async () => {
    await using shown = await open();
    const { page, engine } = shown;
    for (let at = 0; at < 500; at++) engine.people.add({ displayName: `Person ${at}` });
    await go(shown, "/people");
    await expect.poll(() => page.locator(".person").count()).toBe(50);
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(() => page.locator(".person").count()).toBe(100);
    await page.getByRole("searchbox", { name: "Find people" }).fill("person 499");
    await expect
      .poll(() => page.locator(".person").allInnerTexts())
      .toEqual([expect.stringContaining("Person 499")]);
  });

  it("are named to decide on one RFC, and not any more", async () => {
    await using shown = await open();
    const { page, engine } = shown;
    const ada = engine.people.add({ displayName: "Ada" });
    engine.people.add({ displayName: "helper", isBot: true });
    await go(shown, "/rfcs/plan/people");
    const choice = page.getByLabel("Name somebody else");
    expect(await choice.locator("option").count()).toBe(2);
    await choice.selectOption(ada.id);
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByRole("button", { name: "Remove Ada" }).waitFor();
    expect(await engine.people.maintainers("plan")).toEqual([{ userId: ada.id, name: "Ada" }]);
    await page.getByRole("button", { name: "Remove Ada" }).click();
    await page.getByText("Nobody is named").waitFor();
  });

  it("is written, read and downloaded; a chain that is broken says where", async () => {
    await using shown = await open();
    const { page, engine } = shown;
    await go(shown, "/rfcs/plan/record");
    await page.getByRole("button", { name: "Write it now" }).click();
    await page.getByText("The chain is whole: one entry.").waitFor();
    await page.getByText("Robin asked for it").waitFor();
    await page.getByText("Read it").click();
    await page.getByText("Is a minute enough?").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download JSON" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("plan.transcript.json");
    const problem = "Entry 1 was changed after it was written.";
    engine.record.views.set("plan", { ...(await engine.record.view("plan")), problem });
    await page.getByRole("button", { name: "Check again" }).click();
    await page.getByRole("alert").getByText(problem).waitFor();
  });

  it("stay at what is known when the server fails, with a way to try again", async () => {
    await using shown = await open();
    const { page, engine } = shown;
    const { list } = engine.people;
    engine.people.list = () => Promise.reject(new Error("no"));
    await go(shown, "/people");
    await page.getByRole("alert").getByText("Something failed").waitFor();
    engine.people.list = list.bind(engine.people);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Redline has heard of nobody yet.").waitFor();
  });
});
