import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createWebServer, type WebServer } from "../../../adapters/web/server.ts";
import { FakeEngine } from "../../fakes/fake-engine.ts";
import { launchBrowser } from "../../support/browser.ts";
import { openConsole, type ConsolePage } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";

const browser = await launchBrowser();
const AT = new Date("2026-03-05T10:00:00Z");

/** Each would set `window.hit`, leave the page, load something, or look like a part of the console. */
const ATTACKS: [string, string][] = [
  ["a script", '<script>window.hit = "script"</script>'],
  ["event handlers", '<img src=x onerror="hit=1"><b onclick="hit=1" onmouseover="hit=1">b</b>'],
  [
    "SVG and MathML",
    '<svg onload="hit=1"><script>hit=1</script></svg><math><mi xlink:href="javascript:hit=1">x</mi></math>',
  ],
  [
    "javascript: addresses",
    '[a](javascript:hit=1) <a href=" &#106;avascript:hit=1">b</a> <a href="data:text/html,<script>hit=1</script>">c</a>',
  ],
  [
    "style",
    '<style>body{display:none}</style><p style="position:fixed;inset:0;z-index:99">cover</p><link rel="stylesheet" href="//evil.example/x.css">',
  ],
  [
    "a look-alike card",
    '<section class="card card-accepted" data-change="1" aria-label="Change 99, accepted"><div class="card-actions"><button class="accept" aria-keyshortcuts="a">Accept</button></div></section>',
  ],
  [
    "a look-alike dialog",
    '<dialog open><form method="dialog"><button>Close</button></form></dialog>',
  ],
  [
    "forms and frames",
    '<form action="/api/rfcs" method="post"><input name="slug"><button>Go</button></form><iframe srcdoc="<script>parent.hit=1</script>"></iframe><object data="x"></object><embed src="x">',
  ],
  [
    "a base, a refresh and names",
    '<base href="//evil.example/"><meta http-equiv="refresh" content="0;url=//evil.example/"><a id="app" name="app">x</a>',
  ],
  [
    "mutation",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hit=1&gt;">',
  ],
  [
    "classes of the console's own",
    '<div class="mode-banner">cover</div><div class="tools-panel dialog frame-notices" role="alert"><p class="notice notice-problem" role="status">Signed out</p></div><p class="visually-hidden" hidden>x</p><span class="card-outcome pill" role="button" tabindex="0" autofocus>accepted</span>',
  ],
  [
    "rarer handlers and addresses",
    '<details open ontoggle="hit=1"><summary>s</summary></details><input autofocus onfocus="hit=1"><a href="#" ping="//evil.example/p">p</a><button formaction="javascript:hit=1">b</button><svg><use href="data:image/svg+xml,<svg id=x onload=hit=1>"/></svg><template><script>hit=1</script></template>',
  ],
  [
    "Markdown that becomes an address",
    '[ref][x] <javascript:hit=1> <vbscript:hit=1> [tab](java&#9;script:hit=1) ![x](javascript:hit=1)\n\n[x]: javascript:hit=1 "title"',
  ],
  [
    "a change block and a message of the system",
    '<change k="x">\n<original>The cat</original>\n<proposed>A dog</proposed>\n</change>\n\n<article class="message message-system" data-message="1">Robin accepted change #1.</article>',
  ],
  [
    "what loads by itself",
    '![i](https://evil.example/i.png) <img srcset="//evil.example/i.png 2x"> <video src="//evil.example/v.mp4" autoplay></video> <audio src="//evil.example/a.mp3">',
  ],
];

/** The same text wherever somebody else's text is shown. */
function hostileEngine(text: string): { engine: FakeEngine; threadId: string } {
  const engine = new FakeEngine();
  engine.addDocument(
    { slug: "plan", title: text, path: `${text}.md` },
    `# ${text}\n\n${text}\n\nThe cat.\n`,
  );
  const talk = engine.addThread({ rfcSlug: "plan", title: text });
  const { id: threadId } = talk.thread;
  engine.addMessage(talk, { author: text, text, quote: text });
  engine.addMessage(talk, { role: "assistant", modelId: text, text });
  engine.addMessage(talk, { role: "system", text });
  engine.addChange(talk, { original: "The cat", proposed: text, reason: text, author: text });
  const change = { ...engine.addChange(talk, { original: text, proposed: text, reason: text }) };
  const decided = { id: "d", changeId: change.id, author: text, reason: text, createdAt: AT };
  const decision = { ...decided, verdict: "decline" as const, outcome: "declined" as const };
  talk.decisions.push(decision);
  const story = {
    change: { ...change, state: "declined" as const, failure: text },
    decision,
    thread: { id: threadId, kind: "discussion" as const, title: text, state: "open" as const },
    messages: talk.messages.filter(({ role }) => role !== "system"),
  };
  const commit = { sha: "c0ffee1".padEnd(40, "0"), authorName: text, subject: text };
  const days = [{ day: text, messages: 1, proposed: 0, accepted: 0, declined: 0 }];
  Object.assign(engine.insight, {
    why: async () => ({
      text,
      steps: [
        { at: AT, commit, before: text, after: text, stories: [story] },
        { at: AT, commit, before: null, after: text, stories: [] },
      ],
      isFromBeginning: true,
      knownSince: AT,
    }),
    commit: async () => ({ commit, at: AT, stories: [story], outside: null }),
    history: async () => ({
      entries: [{ change: story.change, decision, threadTitle: text }],
      total: 1,
      next: null,
      people: [text],
      sections: [text],
    }),
    overview: async () => ({
      rfcs: (await engine.rfcs.list()).map((rfc) => ({ ...rfc, lastActivity: AT, activity: days })),
      activity: days,
      waiting: [
        { kind: "answer" as const, rfcSlug: "plan", threadId, change: null, text, since: AT },
      ],
      waitingTotal: 1,
    }),
    search: async () => ({
      hits: (["document", "message", "change"] as const).map((kind) => ({
        kind,
        rfcSlug: "plan",
        rfcTitle: text,
        excerpt: [
          { text, found: true },
          { text, found: false },
        ],
        threadId,
        messageId: null,
        changeId: null,
        changeNumber: 1,
        changeState: "pending" as const,
        author: text,
        section: [text],
        offset: 0,
        at: AT,
      })),
      totals: { document: 1, message: 1, change: 1 },
      page: 1,
      pages: 1,
    }),
  } satisfies Partial<FakeEngine["insight"]>);
  return { engine, threadId };
}

/** What the page has that only somebody else's markup can have brought. */
function foreignMarkup(page: Page): Promise<Record<string, unknown>> {
  return page.evaluate(() => {
    const count = (selector: string): number => document.querySelectorAll(selector).length;
    const actions =
      "onclick onerror onload onmouseover ontoggle onfocus srcset srcdoc autoplay ping formaction".split(
        " ",
      );
    return {
      hit: (window as { hit?: unknown }).hit ?? null,
      hidden: getComputedStyle(document.body).display === "none",
      elements: count(
        "#app :is(script, style, link, meta, base, iframe, object, embed, video, audio, math, img, mglyph)",
      ),
      attributes: count(actions.map((name) => `#app [${name}]`).join(",")),
      addresses: count("#app :is([href*='script:' i], [href^='data:' i], [href^='//evil'])"),
      forms: count("#app form:is([action='/api/rfcs'], [method=post])"),
      // Parts of the console keep out of what it renders for others.
      poses: count(
        ".prose :is(dialog, form, input:not([type=checkbox]), section, article, [aria-keyshortcuts], [id=app], .card, .accept, .message, .notice, .mode-banner, .tools-panel, .visually-hidden, .pill, [role=alert], [role=status], [role=button]:not(.redline))",
      ),
      covers: [...document.querySelectorAll(".prose *")].filter(
        (element) => getComputedStyle(element).position === "fixed",
      ).length,
      forged: count("[aria-label='Change 99, accepted']"),
      roots: count("[id=app]"),
    };
  });
}

const NOTHING = {
  hit: null,
  hidden: false,
  elements: 0,
  attributes: 0,
  addresses: 0,
  forms: 0,
  poses: 0,
  covers: 0,
  forged: 0,
  roots: 1,
};

describe.skipIf(browser === null)("what others wrote", () => {
  let view: ConsolePage;
  let web: WebServer;

  beforeAll(() => markLeg("browser"));
  afterAll(() => (browser as Browser).close());

  it.each(ATTACKS)("does nothing on any page as %s", async (_name, text) => {
    const { engine, threadId } = hostileEngine(text);
    const server = { engine, host: "127.0.0.1", port: 0, token: null };
    web = await createWebServer({ ...server, logger: { error: () => {} } });
    view = await openConsole(browser as Browser, web.url);
    const { page, errors, foreign } = view;
    const look = async (path: string, shown: string): Promise<void> => {
      await page.goto(web.url + path);
      await page.locator(shown).first().waitFor({ state: "attached" });
      expect([path, await foreignMarkup(page)]).toEqual([path, NOTHING]);
    };
    await look("/", ".rfc-name");
    await look("/rfcs/plan", ".document");
    await page.getByRole("button", { name: "Source" }).click();
    await page.getByRole("button", { name: "Why?" }).click();
    expect(await foreignMarkup(page)).toEqual(NOTHING);
    await look(`/rfcs/plan/threads/${threadId}`, ".card");
    await look("/rfcs/plan/history", ".story");
    await look("/rfcs/plan/commits/c0ffee1", ".story");
    await look(`/search?q=${encodeURIComponent(text)}`, ".hit");
    // Parsing alone, in a document that does nothing, may already be refused: that is no fault.
    expect([...errors, ...foreign]).toEqual([]);
    await view.close();
    await web.close(0);
  });

  it("is run by no browser even if it got into the page: the policy forbids it", async () => {
    const { engine } = hostileEngine("text");
    const server = { engine, host: "127.0.0.1", port: 0, token: null };
    web = await createWebServer({ ...server, logger: { error: () => {} } });
    const context = await (browser as Browser).newContext();
    const page = await context.newPage();
    await page.addInitScript(() => {
      const refused: string[] = [];
      Object.assign(window, { refused });
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        refused.push(effectiveDirective);
      });
    });
    const hole = `<script>window.hit = 1</script><b id="bad" onclick="window.hit = 2"
      style="position: fixed">x</b><img src="https://evil.example/i.png">`;
    await page.route(`${web.url}/`, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace("</body>", `${hole}</body>`);
      await route.fulfill({ response: answer, body });
    });
    await page.goto(web.url);
    await page.evaluate(() => document.getElementById("bad")!.click());
    const all = await page.waitForFunction(() => {
      const { refused, hit } = window as unknown as { refused: string[]; hit?: unknown };
      const kinds = [...new Set(refused)].sort();
      return kinds.length === 4 ? { hit: hit ?? null, refused: kinds } : false;
    });
    const outcome = await all.jsonValue();
    expect(outcome).toEqual({
      hit: null,
      refused: ["img-src", "script-src-attr", "script-src-elem", "style-src-attr"],
    });
    await context.close();
    await web.close(0);
  });

  it("decides nothing from a form or a frame of another site, nor under another name", async () => {
    const { engine, threadId } = hostileEngine("text");
    const server = { engine, host: "127.0.0.1", port: 0, token: null };
    web = await createWebServer({ ...server, logger: { error: () => {} } });
    const { port } = new URL(web.url);
    // Another site's name that leads to this machine, as after DNS rebinding.
    const rebound = (await launchBrowser(["--host-resolver-rules=MAP evil.example 127.0.0.1"]))!;
    const page = await rebound.newPage();
    const [change] = [...engine.changeRows.values()];
    const before = engine.talks.get(threadId)!.messages.length;
    const answer = await page.goto(`http://evil.example:${port}/api/rfcs`);
    expect(answer!.status()).toBe(403);
    expect(await answer!.text()).not.toContain("plan");
    await page.route("http://evil.example/**", (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Evil</title>" }),
    );
    const paths = [`/api/changes/${change!.id}/accept`, `/api/threads/${threadId}/messages`];
    for (const path of paths) {
      for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
        await page.goto("http://evil.example/");
        const refused = page.waitForResponse((response) => response.url().endsWith(path));
        await page.evaluate(
          ([action, enctype]) => {
            const form = Object.assign(document.createElement("form"), { method: "post" });
            form.action = action!;
            form.enctype = enctype!;
            form.innerHTML = `<input name='{"text":"hi","x":"' value='"}'>`;
            document.body.append(form);
            form.submit();
          },
          [web.url + path, type],
        );
        expect((await refused).status()).toBe(403);
        await page.waitForURL(web.url + path);
      }
    }
    await page.goto("http://evil.example/");
    await page.evaluate(
      (src) =>
        new Promise((resolve) => {
          const frame = Object.assign(document.createElement("iframe"), { src });
          frame.addEventListener("load", resolve);
          document.body.append(frame);
        }),
      `${web.url}/rfcs/plan`,
    );
    expect(await page.frames()[1]!.locator("#app").count()).toBe(0);
    expect(engine.changeRows.get(change!.id)!.state).toBe("pending");
    expect(engine.talks.get(threadId)!.messages).toHaveLength(before);
    await rebound.close();
    await web.close(0);
  });

  it("cannot post to the console from another site", async () => {
    const { engine } = hostileEngine("text");
    const server = { engine, host: "127.0.0.1", port: 0, token: null };
    web = await createWebServer({ ...server, logger: { error: () => {} } });
    const { port } = new URL(web.url);
    const context = await (browser as Browser).newContext();
    const page = await context.newPage();
    await page.route("http://evil.example/**", (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Evil</title>" }),
    );
    await page.goto("http://evil.example/");
    const before = engine.documents.size;
    const answers = await page.evaluate(async (base) => {
      const send = (init: RequestInit): Promise<string> =>
        fetch(`${base}/api/rfcs`, init).then(
          (answer) => answer.type,
          () => "refused",
        );
      const body = JSON.stringify({
        slug: "x",
        title: "x",
        repository: "x",
        path: "x",
        branch: "x",
      });
      return [
        await send({ method: "POST", body, headers: { "content-type": "application/json" } }),
        await send({ method: "POST", body, mode: "no-cors" }),
        await send({ method: "GET" }),
      ];
    }, `http://127.0.0.1:${port}`);
    expect(answers).toEqual(["refused", "refused", "refused"]);
    expect(engine.documents.size).toBe(before);
    await context.close();
    await web.close(0);
  });
});
