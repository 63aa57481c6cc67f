/** What stands around the document and its conversation: heads, trails, what waits, and the lost server. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createWebServer, type WebServer } from "../../../adapters/web/server.ts";
import { FakeEngine, type Step } from "../../fakes/fake-engine.ts";
import { launchBrowser } from "../../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  NARROW,
  openConsole,
  sidewaysScroll,
  type ConsolePage,
} from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";

const browser: Browser | null = await launchBrowser();
const TITLE = "A plan for cats";
const BODY = "# Plan\n\nThe cat sat on the mat. The dog lay on the rug.\n\n## Next\n\nMore.\n";
const AT = new Date("2026-03-05T10:00:00Z");

describe.skipIf(!browser)("the shell in a browser", () => {
  let engine: FakeEngine;
  let web: WebServer;
  let threadId: string;
  const opened: ConsolePage[] = [];

  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  afterEach(async () => {
    const views = opened.splice(0);
    for (const { close } of views) await close();
    await web.close(0);
    const wrong = views.flatMap(({ errors, refusals, foreign }) => [
      ...errors,
      ...refusals,
      ...foreign,
    ]);
    if (wrong.length > 0) throw new Error(`the page failed: ${wrong.join("; ")}`);
  });

  const serve = async (port = 0): Promise<void> => {
    web = await createWebServer({
      engine,
      host: "127.0.0.1",
      port,
      token: null,
      logger: { error: () => {} },
    });
  };
  const begin = async (): Promise<ReturnType<FakeEngine["addThread"]>> => {
    engine = new FakeEngine();
    engine.addDocument({ slug: "plan", title: TITLE }, BODY);
    const talk = engine.addThread({ rfcSlug: "plan" });
    engine.addChange(talk, { original: "The cat", proposed: "A cat", reason: "Any cat." });
    engine.addChange(talk, { original: "the rug", proposed: "the floor" });
    threadId = talk.thread.id;
    await serve();
    return talk;
  };
  const open = async (path: string, options = {}): Promise<Page> => {
    const view = await openConsole(browser!, web.url + path, options);
    opened.push(view);
    return view.page;
  };

  it("says what waits, where, since when, and what to do about it", async () => {
    await begin();
    const [first, second] = [...engine.changeRows.values()];
    const KINDS = ["failed", "conflict", "place", "confirm", "answer", "decision"] as const;
    engine.insight.overview = async () => ({
      rfcs: (await engine.rfcs.list()).map((rfc) => ({ ...rfc, lastActivity: AT, activity: [] })),
      activity: [],
      waiting: KINDS.map((kind, at) => ({
        kind,
        rfcSlug: "plan",
        threadId: `${threadId}${at}`,
        change: kind === "answer" || kind === "failed" ? null : at % 2 ? first! : second!,
        text: kind === "answer" ? "Longer,\n\nthen." : "",
        since: AT,
      })),
      waitingTotal: 6,
    });
    const page = await open("/");
    const rows = page.getByRole("region", { name: /^Waiting for you/ }).getByRole("link");
    await rows.nth(5).waitFor();
    const words = (await rows.allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
    expect(words.map((text) => text.split(/(?<=\.) /)[0])).toEqual([
      "Ask again: the answer to your message failed.",
      "Settle change #1: its passage was edited meanwhile.",
      "Choose where change #2 belongs: its place is not sure.",
      "Confirm change #1: its passage was edited or moved.",
      "Read the answer to your message.",
      "Accept or decline change #1.",
    ]);
    for (const text of words) expect(text).toMatch(/In A plan for cats, since Mar 5, \d+:00/);
    expect(words[4]).toContain("Longer, then.");
    expect(words[5]).toContain("The cat");
    expect(words.join(" ")).not.toContain("…");
  });

  it("leads back by the title of the document, never by its slug", async () => {
    await begin();
    engine.insight.commit = async () => ({
      commit: { sha: "c0ffee1".padEnd(40, "0"), authorName: "Robin", subject: "Any cat" },
      at: AT,
      stories: [],
      outside: null,
    });
    for (const path of ["/rfcs/plan/history", "/rfcs/plan/commits/c0ffee1"]) {
      const page = await open(path);
      const trail = page.getByRole("navigation", { name: "Where you are" });
      await trail.getByRole("link", { name: TITLE, exact: true }).waitFor();
      await page.waitForFunction((title) => document.title.includes(title), TITLE);
      expect(await page.title()).not.toContain("plan –");
    }
    const page = await open("/search?q=cat&rfc=plan");
    await page.getByText(`Only in ${TITLE}.`).waitFor();
  });

  /** Everything visible that tells of the lost server. */
  const banners = (page: Page): Locator =>
    page
      .locator("[role=alert], [role=status], .notice")
      .filter({ hasText: /not answer|connection/i })
      .filter({ visible: true });

  it.each([
    ["a thread", () => `/rfcs/plan/threads/${threadId}`, {}],
    ["a narrow page's document", () => `/rfcs/plan/threads/${threadId}`, { viewport: NARROW }],
    ["a document", () => "/rfcs/plan", {}],
    ["the history", () => "/rfcs/plan/history", {}],
    ["a search", () => "/search?q=cat", {}],
    ["the overview", () => "/", {}],
  ])("tells once that the server is gone, until it is back: %s", async (name, path, options) => {
    await begin();
    const page = await open(path(), options);
    const { port } = new URL(web.url);
    await page
      .locator(".document, .empty, .hits, .rfc-list")
      .first()
      .waitFor({ state: "attached" });
    await page.waitForLoadState("load");
    if (name.includes("narrow")) {
      await page.getByRole("button", { name: "Document", exact: true }).click();
    }
    await web.close(0);
    // What is asked once only is asked by hand.
    if (name === "a search") await page.getByRole("searchbox").fill("dog");
    if (name === "the history") await page.getByLabel("State").selectOption("accepted");
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await banners(page).first().waitFor();
    // Whatever else notices it has had the time of another question.
    await page.waitForEvent("requestfailed");
    await page.waitForEvent("requestfailed");
    expect(await banners(page).count()).toBe(1);
    expect(await banners(page).innerText()).toContain("does not answer");
    // What was found before is no answer to what was asked since.
    if (name === "a search") expect(await page.locator(".hits, .search-found").count()).toBe(0);
    await keepScreenshot(page, `gone-${name.replaceAll(/\W+/g, "-")}`);
    expect(await findBarriers(page)).toEqual([]);
    await serve(Number(port));
    await banners(page).first().waitFor({ state: "detached" });
  });

  it("comes to a thread that was asked for while the server was gone", async () => {
    await begin();
    const page = await open("/rfcs/plan");
    const { port } = new URL(web.url);

    await page.locator(".thread-row").waitFor();
    await web.close(0);
    await page.locator(".thread-row").click();
    await banners(page).first().waitFor();
    expect(await banners(page).count()).toBe(1);
    await serve(Number(port));
    await page.locator(".card").first().waitFor();
    await page.getByRole("textbox", { name: "Message" }).waitFor();
  });

  it("goes on with an answer that ran while the server was out of reach, in every browser", async () => {
    await begin();
    const steps = [0, 1, 2].map(() => {
      let open = (): void => {};
      const passed = new Promise<void>((resolve) => (open = resolve));
      return { passed, open: () => open() };
    });
    engine.answer = async function* (): AsyncGenerator<Step> {
      for (const [at, { passed }] of steps.entries()) {
        yield { text: `part${at} ` };
        await passed;
      }
      yield { text: "end." };
    };
    const path = `/rfcs/plan/threads/${threadId}`;
    const pages = [await open(path), await open(path, { viewport: NARROW })];
    await pages[0]!.getByRole("textbox", { name: "Message", exact: true }).fill("Count");
    await pages[0]!.keyboard.press("Enter");
    const shows = async (text: string): Promise<void> => {
      for (const page of pages) {
        await page.locator(".message-answer .prose").getByText(text, { exact: true }).waitFor();
      }
    };
    await shows("part0");
    const { port } = new URL(web.url);
    await web.close(0);
    for (const page of pages) await banners(page).first().waitFor();
    // It is written on while nobody can see it.
    steps[0]!.open();
    await serve(Number(port));
    await shows("part0 part1");
    for (const page of pages) await banners(page).first().waitFor({ state: "detached" });
    steps[1]!.open();
    await shows("part0 part1 part2");
    steps[2]!.open();
    await shows("part0 part1 part2 end.");
    for (const page of pages) {
      await page.locator(".caret").waitFor({ state: "detached" });
      expect(await page.locator(".message-answer").count()).toBe(1);
    }
  });

  it("leaves a narrow page to its text, and everything to the keyboard", async () => {
    await begin();
    const url = "https://github.com/acme/rfcs/pull/12";
    const pullRequest = { number: 12, title: "Cats", url, state: "open" as const, readOnly: null };
    Object.assign(engine.documents.get("plan")!, { pullRequest, suggestionMode: "automatic" });
    const page = await open("/rfcs/plan", { viewport: NARROW });
    const text = page.getByRole("region", { name: "Text" });
    await text.waitFor();
    await page.getByRole("link", { name: "#12 open" }).waitFor();
    await page.getByRole("button", { name: "Accept all…" }).waitFor();
    const { y: head } = (await text.boundingBox())!;
    expect(head).toBeLessThanOrEqual(120);
    expect(await sidewaysScroll(page)).toBe(0);

    const reached: string[] = [];
    const press = async (key: string): Promise<string> => {
      await page.keyboard.press(key);
      return page.evaluate(() => {
        const { activeElement: at } = document;
        return (at?.getAttribute("aria-label") ?? at?.textContent ?? "").trim();
      });
    };
    for (let at = 0; at < 14; at++) {
      const name = await press("Tab");
      reached.push(name);
      if (name === "More") await page.keyboard.press("Enter");
    }
    expect(reached).toEqual(
      expect.arrayContaining([
        "Redline",
        "Pull request #12 open",
        "Document",
        "Conversation",
        "Why?",
        "History",
        "People",
        "Watch",
        "Suggestions",
        "Search documents, messages and changes",
        "Keyboard shortcuts",
      ]),
    );
    // Whoever goes on leaves it closed behind, and nothing lies over the text.
    await page.getByRole("link", { name: "History" }).waitFor({ state: "hidden" });

    const more = page.getByRole("button", { name: "More" });
    await more.click();
    await page.getByText(`${TITLE} · plan.md · main`).waitFor();
    await keepScreenshot(page, "more-narrow");
    expect(await findBarriers(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "History" }).waitFor({ state: "hidden" });
    expect(await more.getAttribute("aria-expanded")).toBe("false");
    await more.click();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement !== document.body);
    await page.keyboard.press("Escape");
    await more.click();
    await page.getByRole("button", { name: "Why?" }).click();
    await page.getByText("Click a sentence").waitFor();
    await page.getByRole("link", { name: "History" }).waitFor({ state: "hidden" });
  });
});
