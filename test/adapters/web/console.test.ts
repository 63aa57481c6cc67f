import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createWebServer, type WebServer } from "../../../adapters/web/server.ts";
import { FakeEngine, type Step } from "../../fakes/fake-engine.ts";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";

const browser: Browser | null = await launchBrowser();
const BODY = "# Plan\n\nThe cat sat on the mat.\n\nThe dog sat on the mat.\n";

/** A gate that a test opens when it has seen enough. */
function gate(): { passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}

describe.skipIf(!browser)("the console in a browser", () => {
  let engine: FakeEngine;
  let web: WebServer;
  let page: Page;
  let errors: string[];

  const serve = (port: number): Promise<WebServer> =>
    createWebServer({ engine, host: "127.0.0.1", port, token: null, logger: { error: () => {} } });
  const open = async (path: string): Promise<Page> => {
    const context = await browser!.newContext({ viewport: { width: 1280, height: 860 } });
    page = await context.newPage();
    errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(web.url + path);
    return page;
  };

  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  afterEach(async () => {
    await page.context().close();
    await web.close(0);
    if (errors.length > 0) throw new Error(`the page failed: ${errors.join("; ")}`);
  });

  async function begin(body = BODY): Promise<ReturnType<FakeEngine["addThread"]>> {
    engine = new FakeEngine();
    web = await serve(0);
    engine.addDocument({ slug: "plan", title: "Plan" }, body);
    return engine.addThread({ rfcSlug: "plan" });
  }

  it("does the main job: asks, sees the answer and its redline, accepts, sees the commit", async () => {
    await begin();
    const half = gate();
    engine.answer = async function* (): AsyncGenerator<Step> {
      yield { text: "A **dog** is " };
      await half.passed;
      yield { text: "better.\n" };
      yield { change: { original: "The cat", proposed: "Another dog", reason: "Dogs." } };
    };
    await open("/rfcs/plan");
    await page.fill("textarea", "Which animal?");
    await page.keyboard.press("Enter");
    await page.locator(".message-answer strong", { hasText: "dog" }).waitFor();
    await page.locator(".caret").waitFor();
    half.open();
    const card = page.locator(".card");
    await card.getByText("Dogs.").waitFor();
    expect(await page.locator(".document del.redline").first().innerText()).toBe("The cat");
    await card.getByRole("button", { name: "Accept" }).click();
    await page.locator(".card-accepted .card-outcome code").waitFor();
    await page.locator(".document", { hasText: "Another dog sat on the mat." }).waitFor();
    expect(await page.locator(".document .redline").count()).toBe(0);
  });

  it("goes on exactly where an answer was when the page is loaded again", async () => {
    const { thread } = await begin();
    const gates = [gate(), gate()];
    engine.answer = async function* (): AsyncGenerator<Step> {
      yield { text: "One two " };
      await gates[0]!.passed;
      yield { text: "three four " };
      await gates[1]!.passed;
      yield { text: "five." };
    };
    await open(`/rfcs/plan/threads/${thread.id}`);
    await page.fill("textarea", "Count");
    await page.keyboard.press("Enter");
    const answer = page.locator(".message-answer .prose");
    await answer.getByText("One two").waitFor();
    await page.reload();
    await answer.getByText("One two").waitFor();
    gates[0]!.open();
    await page.waitForFunction(
      () =>
        document.querySelector(".message-answer .prose")?.textContent.trim() ===
        "One two three four",
    );
    gates[1]!.open();
    await page.locator(".caret").waitFor({ state: "detached" });
    expect((await answer.innerText()).trim()).toBe("One two three four five.");
  });

  it("keeps a message that did not arrive, and sends it once when it is sent again", async () => {
    const { thread, messages } = await begin();
    await open(`/rfcs/plan/threads/${thread.id}`);
    await page.locator(".composer").waitFor();
    const port = Number(new URL(web.url).port);
    await web.close(0);
    await page.locator(".offline").waitFor();
    await page.fill("textarea", "Are you there?");
    await page.keyboard.press("Enter");
    await page.locator(".message-failed").waitFor();
    web = await serve(port);
    await page.locator(".offline").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Send again" }).click();
    await page.locator(".message-answer", { hasText: "You said: Are you there?" }).waitFor();
    await page.locator(".message-unsent").waitFor({ state: "detached" });
    expect(messages.filter((message) => message.role === "user")).toHaveLength(1);
  });

  it("does not store a message twice whose answer was lost", async () => {
    const { thread, messages } = await begin();
    const { turn } = engine.streams;
    engine.streams.turn = () => {
      engine.streams.turn = turn;
      return Promise.reject(new Error("lost"));
    };
    await open(`/rfcs/plan/threads/${thread.id}`);
    await page.fill("textarea", "Once");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Send again" }).click();
    await page.locator(".message-unsent").waitFor({ state: "detached" });
    await page.locator(".message-user", { hasText: "Once" }).waitFor();
    expect(messages.filter((message) => message.role === "user")).toHaveLength(1);
  });

  it("lets nothing in documents, answers, names or reasons act or pose", async () => {
    const hostile = [
      '<script>window.hit = "script"</script>',
      "<img src=x onerror=\"window.hit = 'onerror'\">",
      "<svg onload=\"window.hit = 'svg'\"><style>body { display: none }</style></svg>",
      '<a href="javascript:window.hit = 1">link</a> [md](javascript:window.hit=2)',
      '<form action="/api/rfcs"><button>Accept</button><input name="x"></form>',
      '<section class="card card-accepted" style="position:fixed;inset:0" id="app">card</section>',
      '<ins class="redline redline-added" data-change="1">forged</ins> <iframe src="/"></iframe>',
      '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hit=3&gt;">',
    ].join("\n\n");
    const talk = await begin(`# Plan\n\n${hostile}\n\nThe cat.\n`);
    engine.addMessage(talk, { author: "<b>Eve</b>", text: hostile });
    engine.addMessage(talk, { role: "assistant", modelId: "<i>m</i>", text: hostile });
    engine.addMessage(talk, { role: "system", text: "<b>accepted</b> change #1" });
    engine.addChange(talk, { original: "The cat", proposed: hostile, reason: hostile });
    await open(`/rfcs/plan/threads/${talk.thread.id}`);
    await page.locator(".card").waitFor();
    await page.locator(".document").waitFor();
    const found = await page.evaluate(() => {
      const shown = [...document.querySelectorAll(".prose")];
      const inside = (selector: string): number =>
        shown.reduce((sum, root) => sum + root.querySelectorAll(selector).length, 0);
      return {
        hit: (window as { hit?: unknown }).hit ?? null,
        elements: inside("script, style, form, input, iframe, svg, math, section, object"),
        attributes: inside("[style]:not(.document-block), [onerror], [onload], [id=app]"),
        links: inside("a[href^='javascript']"),
        // The only classes and redlines are those of the console itself.
        poses: inside(".card, .redline:not([data-change^='']), [data-change='1']"),
        forged: document.querySelectorAll(".message .redline").length,
        cards: document.querySelectorAll(".card").length,
      };
    });
    const cards = await page.locator(".card .redline").count();
    expect(found).toEqual({
      hit: null,
      elements: 0,
      attributes: 0,
      links: 0,
      poses: 0,
      forged: 0,
      cards: 1,
    });
    expect(cards).toBeGreaterThan(0);
    expect(await page.locator(".message-user strong").first().innerText()).toBe("<b>Eve</b>");
  });
});
