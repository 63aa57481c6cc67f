/** The console in a browser, on an engine in memory, for tests of its document and its cards. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { createWebServer, type WebServer } from "../../../adapters/web/server.ts";
import { FakeEngine } from "../../fakes/fake-engine.ts";
import { fakePlacement } from "../../fakes/fake-records.ts";

export type Talk = ReturnType<FakeEngine["addThread"]>;
export type NewChange = Parameters<FakeEngine["addChange"]>[1];

export class DocumentPage implements AsyncDisposable {
  readonly engine = new FakeEngine();
  readonly talk: Talk;
  readonly page: Page;
  /** Requests to anywhere else. */
  readonly foreign: string[] = [];
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  readonly errors: string[] = [];
  readonly #web: WebServer;

  private constructor(engine: FakeEngine, talk: Talk, page: Page, web: WebServer) {
    this.engine = engine;
    this.talk = talk;
    this.page = page;
    this.#web = web;
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin === web.url) this.asked.push(url.pathname);
      else this.foreign.push(request.url());
    });
  }

  static async open(
    browser: Browser,
    body: string,
    changes: readonly NewChange[],
    options: BrowserContextOptions = {},
  ): Promise<DocumentPage> {
    const engine = new FakeEngine();
    engine.addDocument({ slug: "plan", title: "Plan" }, body);
    const talk = engine.addThread({ rfcSlug: "plan" });
    for (const change of changes) engine.addChange(talk, change);
    const web = await createWebServer({
      engine,
      host: "127.0.0.1",
      port: 0,
      token: null,
      logger: { error: () => {} },
    });
    const context = await browser.newContext({
      viewport: { width: 1280, height: 860 },
      reducedMotion: "reduce",
      ...options,
    });
    const page = await context.newPage();
    const opened = new DocumentPage(engine, talk, page, web);
    await page.goto(`${web.url}/rfcs/plan/threads/${talk.thread.id}`);
    await page.locator(".document-block").first().waitFor({ state: "attached" });
    return opened;
  }

  get body(): string {
    return this.engine.documents.get("plan")!.body;
  }

  change(number: number) {
    return [...this.engine.changeRows.values()].find((change) => change.number === number)!;
  }

  card(number: number) {
    return this.page.getByLabel(new RegExp(`^Change ${number}, `));
  }

  /** The number's marks in the document. */
  marks(number: number) {
    return this.page.locator(`.document [data-change="${this.change(number).id}"]`);
  }

  /** Selects text of the document as a pointer would. */
  async select(text: string): Promise<void> {
    await this.page.evaluate((wanted) => {
      const walker = document.createTreeWalker(
        document.querySelector(".document")!,
        NodeFilter.SHOW_TEXT,
      );
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.nodeValue?.indexOf(wanted) ?? -1;
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + wanted.length);
        getSelection()!.removeAllRanges();
        getSelection()!.addRange(range);
        return;
      }
      throw new Error(`no text node has: ${wanted}`);
    }, text);
    await this.page.getByRole("toolbar").waitFor();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
    await this.#web.close(0);
    if (this.errors.length > 0) throw new Error(`the page failed: ${this.errors.join("; ")}`);
  }
}

/** A placement of `slice` in `body` as the engine leaves it after the document moved. */
export function placed(
  body: string,
  slice: string,
  replacement: string,
  fields: Partial<ReturnType<typeof fakePlacement>>,
) {
  return { ...fakePlacement(body, slice, replacement), ...fields };
}
