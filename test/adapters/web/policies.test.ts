/** The console's policy, as a browser keeps it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createWebServer, type WebServer } from "../../../adapters/web/server.ts";
import { FakeEngine } from "../../fakes/fake-engine.ts";
import { launchBrowser } from "../../support/browser.ts";
import { openConsole, type ConsolePage } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";

const browser: Browser | null = await launchBrowser();
const BODY = "# Plan\n\nThe **cat** sat.\n\n```ts\nconst cats = 1;\n```\n";

describe.skipIf(!browser)("in a browser", () => {
  let web: WebServer;
  let view: ConsolePage;

  beforeAll(async () => {
    markLeg("browser");
    const engine = new FakeEngine();
    engine.addDocument({ slug: "plan", title: "A plan" }, BODY);
    const logger = { error: () => {} };
    web = await createWebServer({ engine, host: "127.0.0.1", port: 0, token: null, logger });
    view = await openConsole(browser!, `${web.url}/rfcs/plan`);
    await view.page.locator(".document-text strong").waitFor();
  });
  afterAll(async () => {
    await view.close();
    await browser!.close();
    await web.close(0);
  });

  it("the console works under it, colours of code included", async () => {
    // Its worker runs, by an address that the policy lets through.
    await view.page.locator("pre code span").first().waitFor();
    expect([...view.errors, ...view.refusals]).toEqual([]);
  });

  it("text is never markup, a script or a policy of its own", async () => {
    const tried = await view.page.evaluate(() => {
      const attempt = (act: () => unknown): string => {
        try {
          act();
          return "done";
        } catch (error) {
          return (error as Error).name;
        }
      };
      const { trustedTypes } = globalThis as unknown as {
        trustedTypes: { createPolicy(name: string, rules: object): object };
      };
      const rules = { createHTML: (text: string) => text };
      return [
        attempt(() => (document.createElement("div").innerHTML = "<b>x</b>")),
        attempt(() => document.createElement("div").insertAdjacentHTML("beforeend", "<b>x</b>")),
        attempt(() => new DOMParser().parseFromString("<b>x</b>", "text/html")),
        attempt(() => new Worker("/assets/x.js")),
        attempt(() => (document.createElement("script").textContent = "1")),
        attempt(() => trustedTypes.createPolicy("mine", rules)),
        attempt(() => trustedTypes.createPolicy("redline-markup", rules)),
      ];
    });
    expect(tried).toEqual(Array.from({ length: 7 }, () => "TypeError"));
  });

  it("a script without this answer's name does not run, the console's own file neither", async () => {
    const loaded = await view.page.evaluate(async () => {
      const outcome = (element: HTMLElement): Promise<string> =>
        new Promise((resolve) => {
          element.addEventListener("load", () => resolve("ran"));
          element.addEventListener("error", () => resolve("refused"));
          document.head.append(element);
        });
      const style = document.createElement("link");
      style.rel = "stylesheet";
      style.href = document.querySelector<HTMLLinkElement>("link[rel=stylesheet]")!.href;
      return outcome(style);
    });
    expect(loaded).toBe("refused");
    const html = await (await fetch(`${web.url}/rfcs/plan`)).text();
    const stripped = html.replace(/(<script[^>]*) nonce="[^"]*"/, "$1");
    const context = await browser!.newContext();
    const page = await context.newPage();
    await page.route("**/rfcs/plan", async (route) => {
      const answer = await route.fetch();
      const headers = { ...answer.headers() };
      await route.fulfill({ status: 200, headers, body: stripped });
    });
    const refused: string[] = [];
    page.on("console", (message) => void refused.push(message.text()));
    await page.goto(`${web.url}/rfcs/plan`);
    expect(refused.join("\n")).toMatch(/script.*Content Security Policy/is);
    expect(await page.locator("#app > *").count()).toBe(0);
    await context.close();
  });
});
