import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createWebServer, type WebServer } from "../../../adapters/web/server.ts";
import { FakeEngine, type Step } from "../../fakes/fake-engine.ts";
import { fakeTurn } from "../../fakes/fake-records.ts";
import { launchBrowser } from "../../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  NARROW,
  openConsole,
  openTools,
  sidewaysScroll,
  type ConsolePage,
  WIDE,
} from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";

const browser = await launchBrowser();

const BODY = `# Plan

The cat sat on the mat. The dog sat on the mat. A bird flew over both of them.

## Table

| animal | place |
| --- | --- |
| cat | mat |

\`\`\`ts
const cats = 1;
\`\`\`

- [ ] a task
- one more, with a [link](https://example.org/) and an ![image](https://example.org/i.png)

## Rest

Nothing else was here. It was quiet.[^1]

[^1]: Very quiet.
`;

interface Talk {
  engine: FakeEngine;
  threadId: string;
}

/** A document with a thread in which every kind of message and every state of a change is seen. */
function fullEngine(): Talk {
  const engine = new FakeEngine();
  engine.addDocument({ slug: "plan", title: "A plan for cats" }, BODY);
  const talk = engine.addThread({ rfcSlug: "plan", title: "Which animal?" });
  engine.addThread({ rfcSlug: "plan", title: "Closed", state: "closed" });
  engine.addMessage(talk, { author: "Robin", text: "Which **animal**?", quote: "The cat sat" });
  engine.addMessage(talk, { role: "system", text: "The document was edited outside of Redline." });
  const turn = fakeTurn({ threadId: talk.thread.id });
  const failed = fakeTurn({
    threadId: talk.thread.id,
    state: "failed",
    error: "The model failed.",
  });
  talk.turns.push(turn, failed);
  const text = "Some:\n\n- one\n- two\n\n```ts\nlet dog = 2;\n```\n";
  const answer = engine.addMessage(talk, {
    role: "assistant",
    modelId: "m",
    text,
    turnId: turn.id,
  });
  const from = { sourceMessageId: answer.id, turnId: turn.id };
  engine.addChange(talk, { original: "The cat", proposed: "A cat", reason: "Any cat.", ...from });
  engine.addChange(talk, { original: "cat |", proposed: "lion |", ...from });
  engine.addChange(talk, { original: "sat on", proposed: "lay on", ...from });
  engine.addChange(talk, {
    original: "gone",
    proposed: "here",
    ...from,
    drift: "stale",
    staleSince: new Date(),
  });
  engine.addChange(talk, { original: "A bird", proposed: "Two birds", drift: "conflict", ...from });
  engine.addChange(talk, { original: "It was", proposed: "It is", drift: "moved", ...from });
  engine.addChange(talk, {
    original: "Nothing else",
    proposed: "Nothing",
    drift: "rebased",
    ...from,
  });
  engine.addChange(talk, { original: "x", proposed: "y", state: "declined", ...from });
  engine.addChange(talk, {
    original: "x",
    proposed: "y",
    state: "accepted",
    commitSha: "c0ffee1".padEnd(40, "0"),
    ...from,
  });
  engine.addChange(talk, { original: "x", proposed: "y", state: "withdrawn", ...from });
  engine.addChange(talk, { original: "x", proposed: "y", state: "accepting", ...from });
  for (const kind of ["malformed", "fenced", "unmarked"] as const) {
    talk.blocks.push({
      id: crypto.randomUUID(),
      threadId: talk.thread.id,
      messageId: answer.id,
      kind,
      code: kind === "malformed" ? "missing_original" : null,
      fields: { original: "The dog", proposed: "A dog" },
      state: "open",
      changeId: null,
      textOffset: 6,
    });
  }
  fillInsight(engine, talk.thread.id);
  fillPeople(engine, talk.thread.id);
  return { engine, threadId: talk.thread.id };
}

/** Concerns of every kind, a proposal to merge, and what people were told of them. */
function fillPeople(engine: FakeEngine, threadId: string): void {
  const about = { rfcSlug: "plan", threadId };
  const account = { platform: "slack", workspace: "Acme", isConnected: false };
  const ada = engine.people.add({
    displayName: "Ada",
    accounts: [
      { ...account, name: "ada", unreachableWhy: "their private messages are closed" },
      { ...account, platform: "github", name: "adal", isConnected: true, unreachableWhy: null },
    ],
    maintains: [
      { where: "Acme", rfcSlug: null },
      { where: "A plan for cats", rfcSlug: "plan" },
    ],
  });
  engine.people.add({ displayName: "helper", isBot: true });
  void engine.people.setMaintainer("plan", ada.id, true);
  const start = BODY.indexOf("It was quiet");
  const passage = { start, end: start + "It was quiet".length };
  const settledAt = new Date("2026-03-05T10:00:00Z");
  const anchor = { passage, anchorText: "It was quiet" };
  engine.concerns.add({ ...about, ...anchor, text: "Was it?", author: "Ada", authorId: ada.id });
  engine.concerns.add({ ...about, anchorText: "gone", anchorStaleSince: settledAt });
  const settled = { settledBy: "Ada", settledWhy: "It is now.", settledAt };
  engine.concerns.add({ ...about, state: "resolved", ...settled });
  engine.merges.asked = [ada, engine.user].map(({ id, displayName }) => ({
    userId: id,
    name: displayName,
  }));
  engine.merges.asked.push({ userId: "b", name: "Bob" });
  const merge = engine.merges.add({ ...about, prNumber: 12, proposedBy: "Ada" });
  Object.assign(merge.words[0]!, { word: "agree", saidAt: settledAt });
  Object.assign(merge.words[2]!, { word: "object", saidAt: settledAt });
  engine.notifications.add({ ...about, excerpt: "Was it quiet?", prNumber: 12 });
  engine.notifications.add({ rfcSlug: "plan", readAt: settledAt });
  void engine.notifications.watch("", { rfcSlug: "plan" }, true);
  void engine.notifications.mute("", about, true);
  void engine.record.write("plan", engine.user);
}

function fillInsight(engine: FakeEngine, threadId: string): void {
  const changes = [...engine.changeRows.values()];
  const at = new Date("2026-03-05T10:00:00Z");
  const story = {
    change: changes.find(({ state }) => state === "accepted")!,
    decision: null,
    thread: {
      id: threadId,
      kind: "discussion" as const,
      title: "Which animal?",
      state: "open" as const,
    },
    messages: engine.talks.get(threadId)!.messages.slice(0, 1),
  };
  const commit = { sha: "c0ffee1".padEnd(40, "0"), authorName: "Robin", subject: "Any cat" };
  Object.assign(engine.insight, {
    overview: async () => ({
      rfcs: (await engine.rfcs.list()).map((rfc) => ({ ...rfc, lastActivity: at, activity: DAYS })),
      activity: DAYS,
      waiting: (["failed", "conflict", "place", "confirm", "answer", "decision"] as const).map(
        (kind, index) => ({
          kind,
          rfcSlug: "plan",
          threadId: kind === "answer" ? threadId : `${threadId}${index}`,
          change: kind === "answer" || kind === "failed" ? null : changes[index]!,
          text: "",
          since: at,
        }),
      ),
      waitingTotal: 6,
    }),
    why: async () => ({
      text: "The cat sat on the mat.",
      steps: [
        { at, commit, before: "A cat sat", after: "The cat sat", stories: [story] },
        { at, commit, before: null, after: "A cat sat", stories: [] },
      ],
      isFromBeginning: false,
      knownSince: at,
    }),
    commit: async () => ({ commit, at, stories: [], outside: { before: "one", after: "two" } }),
    history: async () => ({
      entries: changes.map((change) => ({ change, decision: null, threadTitle: null })),
      total: 40,
      next: 3,
      people: ["Robin"],
      sections: ["Table"],
    }),
    search: async () => ({
      hits: (["document", "message", "change"] as const).map((kind) => ({
        kind,
        rfcSlug: "plan",
        rfcTitle: "A plan for cats",
        excerpt: [
          { text: "The ", found: false },
          { text: "cat", found: true },
        ],
        threadId: kind === "document" ? null : threadId,
        messageId: null,
        changeId: null,
        changeNumber: 1,
        changeState: "pending" as const,
        author: "Robin",
        section: ["Plan"],
        offset: 0,
        at,
      })),
      totals: { document: 30, message: 1, change: 1 },
      page: 1,
      pages: 2,
    }),
  } satisfies Partial<FakeEngine["insight"]>);
}

const DAYS = Array.from({ length: 42 }, (_, at) => ({
  day: `2026-03-${String(at).padStart(2, "0")}`,
  messages: at % 5,
  proposed: at % 3,
  accepted: at % 2,
  declined: at % 7 === 0 ? 1 : 0,
}));

describe.skipIf(browser === null)("the console's manners", () => {
  let web: WebServer;
  let threadId: string;

  beforeAll(async () => {
    markLeg("browser");
    const full = fullEngine();
    ({ threadId } = full);
    web = await serve(full.engine);
  });
  afterAll(async () => {
    await (browser as Browser).close();
    await web.close(0);
  });

  const serve = (engine: FakeEngine): Promise<WebServer> =>
    createWebServer({
      engine,
      host: "127.0.0.1",
      port: 0,
      token: null,
      logger: { error: () => {} },
    });

  /** Every page and what can be opened on it: its address, what shows that it is there, and the way to it. */
  const SCENES: [string, () => string, (page: Page) => Promise<unknown>][] = [
    ["home", () => "/", (page) => page.getByRole("heading", { name: "RFCs" }).waitFor()],
    [
      "add-rfc",
      () => "/",
      async (page) => {
        await page.getByText("Add an RFC").click();
        await page.getByLabel("Pull request or repository").fill("/srv/docs");
        await page.getByRole("button", { name: "Add RFC" }).click();
        await page.getByText("Give the document's path").waitFor();
      },
    ],
    ["document", () => "/rfcs/plan", (page) => page.locator(".document del").first().waitFor()],
    [
      "source",
      () => "/rfcs/plan",
      async (page) => {
        await page.getByRole("button", { name: "Source" }).click();
        await page.getByText("| --- | --- |").waitFor();
      },
    ],
    ["thread", () => `/rfcs/plan/threads/${threadId}`, showCards],
    [
      "decline",
      () => `/rfcs/plan/threads/${threadId}`,
      async (page) => {
        await showCards(page);
        await page.locator(".card").getByRole("button", { name: "Decline" }).first().click();
        await page.getByRole("dialog").waitFor();
      },
    ],
    [
      "why",
      () => "/rfcs/plan",
      async (page) => {
        await page.getByText("Nothing else", { exact: false }).first().waitFor();
        await openTools(page);
        await page.getByRole("button", { name: "Why?" }).click();
        await page
          .locator(".document p")
          .last()
          .click({ position: { x: 5, y: 5 } });
        await page.getByRole("dialog").getByText("The cat sat on the mat.").waitFor();
      },
    ],
    [
      "shortcuts",
      () => "/rfcs/plan",
      async (page) => {
        await openTools(page);
        await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
        await page.getByRole("dialog").waitFor();
      },
    ],
    ["search", () => "/search?q=cat", (page) => page.locator(".hit").first().waitFor()],
    ["search-hints", () => "/search", (page) => page.locator(".empty").waitFor()],
    ["history", () => "/rfcs/plan/history", (page) => page.getByText("Show more").waitFor()],
    [
      "commit",
      () => "/rfcs/plan/commits/c0ffee1",
      (page) => page.getByText("outside of").waitFor(),
    ],
    ["notifications", () => "/notifications", (page) => page.getByRole("combobox").waitFor()],
    ["people", () => "/people", (page) => page.getByText("Connected").waitFor()],
    [
      "rfc-people",
      () => "/rfcs/plan/people",
      (page) => page.getByRole("button", { name: "Remove Ada" }).waitFor(),
    ],
    [
      "record",
      () => "/rfcs/plan/record",
      async (page) => {
        await page.getByText("Read it").click();
        await page.getByRole("heading", { name: "Transcript" }).waitFor();
      },
    ],
    [
      "concerns",
      () => "/rfcs/plan#concern-3",
      (page) => page.locator(".concern:focus", { hasText: "It is now." }).waitFor(),
    ],
    [
      "concern-resolved",
      () => "/rfcs/plan#concern-1",
      async (page) => {
        await page.getByRole("button", { name: "Resolve… concern 1" }).click();
        await page.getByRole("dialog").waitFor();
      },
    ],
    [
      "watching",
      () => `/rfcs/plan/threads/${threadId}`,
      async (page) => {
        await showCards(page);
        await openTools(page);
        await page.getByRole("button", { name: "Watching" }).click();
        await page.getByText("The thread that is open").waitFor();
      },
    ],
    ["unknown-page", () => "/rfcs/plan/nothing", (page) => page.getByRole("alert").waitFor()],
    ["unknown-rfc", () => "/rfcs/nothing", (page) => page.getByRole("alert").waitFor()],
    [
      "unknown-thread",
      () => "/rfcs/plan/threads/none",
      (page) => page.getByText("There is no such thread").waitFor(),
    ],
  ];

  async function showCards(page: Page): Promise<void> {
    // Where there is room for one half only, the address of a thread shows the conversation.
    await page.locator(".card").first().waitFor();
  }

  const LOOKS = [
    ["wide", { viewport: WIDE, colorScheme: "light" }],
    ["narrow-dark", { viewport: NARROW, colorScheme: "dark", reducedMotion: "reduce" }],
  ] as const;

  describe.each(LOOKS)("%s", (look, options) => {
    let view: ConsolePage;
    beforeAll(async () => {
      view = await openConsole(browser as Browser, web.url, options);
    });
    afterAll(() => view.close());

    it.each(SCENES)("have no barriers: %s", async (name, path, arrive) => {
      const { page, errors, refusals, foreign } = view;
      // By way of no page, so that one scene leaves nothing open for the next.
      await page.goto("about:blank");
      await page.goto(web.url + path());
      await arrive(page);
      await keepScreenshot(page, `${name}-${look}`);
      expect(await findBarriers(page)).toEqual([]);
      expect(await sidewaysScroll(page)).toBe(0);
      const wrong = [errors, refusals, foreign].flatMap((list) => list.splice(0));
      expect(wrong).toEqual([]);
    });
  });

  it("is empty with a way to begin, and without anything to decide", async () => {
    const empty = await serve(new FakeEngine());
    const { page, close } = await openConsole(browser as Browser, empty.url);
    await page.getByText("There is no RFC here yet").waitFor();
    await page.getByRole("button", { name: "Add RFC" }).waitFor();
    await keepScreenshot(page, "empty");
    expect(await findBarriers(page)).toEqual([]);
    await close();
    await empty.close(0);
  });

  it("holds the place of what is on its way, and tells when nothing comes", async () => {
    const engine = new FakeEngine();
    let arrive = (): void => {};
    const { overview } = engine.insight;
    engine.insight.overview = (user) =>
      new Promise((resolve) => (arrive = () => resolve(overview(user))));
    const slow = await serve(engine);
    const { page, close } = await openConsole(browser as Browser, slow.url);
    await page.getByRole("status").getByText("Loading…").waitFor({ state: "attached" });
    await keepScreenshot(page, "loading");
    expect(await findBarriers(page)).toEqual([]);
    arrive();
    await page.getByText("There is no RFC here yet").waitFor();
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Redline" }).press("Tab");
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.getByRole("alert").getByText("The server does not answer.").waitFor();
    await keepScreenshot(page, "offline");
    expect(await findBarriers(page)).toEqual([]);
    // Back by itself: the browser says so.
    engine.insight.overview = overview;
    await page.context().setOffline(false);
    await page.getByRole("alert").waitFor({ state: "detached" });
    await close();
    await slow.close(0);
  });

  it("asks for the token where other machines can reach it, and lets in who has it", async () => {
    const token = "a-token-of-some-length";
    const guarded = await createWebServer({
      engine: fullEngine().engine,
      host: "0.0.0.0",
      port: 0,
      token,
      logger: { error: () => {} },
    });
    const url = guarded.url.replace("0.0.0.0", "127.0.0.1");
    const { page, errors, close } = await openConsole(browser as Browser, `${url}/rfcs/plan`);
    await page.getByRole("heading", { name: "Redline" }).waitFor();
    await keepScreenshot(page, "no-permission");
    expect(await findBarriers(page)).toEqual([]);
    await page.getByLabel("Access token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("That is not the token").waitFor();
    await page.getByLabel("Access token").fill(token);
    await page.keyboard.press("Enter");
    await page.locator(".document").waitFor();
    expect(new URL(page.url()).search).toBe("");
    expect(errors).toEqual([]);
    await close();
    await guarded.close(0);
  });

  it("announces an answer once it is there, and not every word of it", async () => {
    const engine = new FakeEngine();
    engine.addDocument({ slug: "plan" }, BODY);
    const { thread } = engine.addThread({ rfcSlug: "plan" });
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    engine.answer = async function* (): AsyncGenerator<Step> {
      yield { text: "First words " };
      await finished;
      yield { text: "and the last." };
    };
    const own = await serve(engine);
    const { page, close } = await openConsole(
      browser as Browser,
      `${own.url}/rfcs/plan/threads/${thread.id}`,
    );
    await page.getByRole("textbox", { name: "Message" }).fill("Speak");
    await page.keyboard.press("Enter");
    await page.getByText("First words").waitFor();
    const log = page.getByRole("log");
    expect(await log.getAttribute("aria-live")).toBe("polite");
    expect(await log.getAttribute("aria-busy")).toBe("true");
    await page
      .getByRole("status")
      .getByText("The model is answering.")
      .waitFor({ state: "attached" });
    finish();
    await page.getByText("First words and the last.").waitFor();
    await page.waitForFunction(
      () => document.querySelector("[role=log]")?.getAttribute("aria-busy") === "false",
    );
    await close();
    await own.close(0);
  });

  it("shows what arrived before the browser had painted what was there", async () => {
    const context = await (browser as Browser).newContext();
    await context.addInitScript(() => {
      const { setTimeout: later } = window;
      // The browser is slow to paint, and the server is quick.
      window.requestAnimationFrame = (draw) => later(() => draw(performance.now()), 600);
      window.setTimeout = ((run: () => void, ms = 0) => later(run, ms + 600)) as typeof setTimeout;
    });
    const page = await context.newPage();
    await page.goto(`${web.url}/rfcs/plan`);
    await page.locator(".document").waitFor();
    await context.close();
  });

  it("paints from three small files of its own, and shows a document two questions later", async () => {
    const context = await (browser as Browser).newContext({ viewport: WIDE });
    const page = await context.newPage();
    const foreign: string[] = [];
    const held: Route[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(web.url)) foreign.push(request.url());
    });
    // Only what the page asks for to be shown, not what it asks again and again on a slow machine.
    await page.addInitScript(() => Object.assign(window, { setInterval: () => 0 }));
    await page.route("**/api/**", (route) => void held.push(route));
    await page.goto(`${web.url}/rfcs/plan`);
    await page.getByRole("status").getByText("Loading…").waitFor();
    await page.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint").length > 0,
    );
    // What it painted with: no answer of the API is needed for that.
    const files = await page.evaluate(() =>
      performance.getEntriesByType("resource").flatMap((entry) => {
        const { name, encodedBodySize, renderBlockingStatus } =
          entry as PerformanceResourceTiming & {
            renderBlockingStatus: string;
          };
        if (name.includes("/api/")) return [];
        return [{ name, size: encodedBodySize, blocks: renderBlockingStatus === "blocking" }];
      }),
    );
    expect(files.length).toBeLessThanOrEqual(3);
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(10 * 1024);
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(150 * 1024);
    const blocking = files.filter(({ blocks }) => blocks).map(({ name }) => new URL(name).pathname);
    expect(blocking).toEqual([expect.stringMatching(/^\/assets\/.*\.css$/)]);
    // Questions that wait for the answers of others are rounds: what has changed, and the document.
    let rounds = 0;
    const isShown = (): Promise<boolean> => page.locator(".document del").first().isVisible();
    while (!(await isShown())) {
      if (held.length > 0) rounds += 1;
      for (const route of held.splice(0)) await route.continue();
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
    expect(rounds).toBeLessThanOrEqual(2);
    expect(foreign).toEqual([]);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
  });
});
