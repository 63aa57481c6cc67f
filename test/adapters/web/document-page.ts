/** The console in a browser, on an engine in memory, for tests of its document and its cards. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { createWebServer, type WebServer } from "../../../adapters/web/server.ts";
import { FakeEngine } from "../../fakes/fake-engine.ts";
import { fakePlacement } from "../../fakes/fake-records.ts";
import { openConsole, type ConsolePage } from "../../support/console-page.ts";

export type Talk = ReturnType<FakeEngine["addThread"]>;
export type NewChange = Parameters<FakeEngine["addChange"]>[1];

export class DocumentPage implements AsyncDisposable {
  readonly engine: FakeEngine;
  readonly talk: Talk;
  readonly page: Page;
  readonly #console: ConsolePage;
  readonly #web: WebServer;

  private constructor(engine: FakeEngine, talk: Talk, opened: ConsolePage, web: WebServer) {
    this.engine = engine;
    this.talk = talk;
    this.page = opened.page;
    this.#console = opened;
    this.#web = web;
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
    const url = `${web.url}/rfcs/plan/threads/${talk.thread.id}`;
    const opened = await openConsole(browser, url, { reducedMotion: "reduce", ...options });
    await opened.page.locator(".document-block").first().waitFor({ state: "attached" });
    return new DocumentPage(engine, talk, opened, web);
  }

  /** Paths of what the page has loaded from the server's own files. */
  async assets(): Promise<string[]> {
    const names = await this.page.evaluate(() =>
      performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname),
    );
    return names.filter((path) => path.startsWith("/assets/"));
  }

  get document() {
    return this.engine.documents.get("plan")!;
  }

  get body(): string {
    return this.document.body;
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

  /** A page that fails, is refused something or asks another host has not passed any test. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { errors, refusals, foreign } = this.#console;
    await this.#console.close();
    await this.#web.close(0);
    const faults = [...errors, ...refusals, ...foreign];
    if (faults.length > 0) throw new Error(`the page failed: ${faults.join("; ")}`);
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
