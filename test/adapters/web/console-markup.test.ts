import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

/** What the console's own policy forbids, in every spelling that a browser reads. */
const RAW = `# Plan

<style>p { color: red }</style>

<div style="color: red">A coloured cat.</div>

<p/style=color:red>A slanted cat.</p>

<p title='a"b' STYLE = 'color: red' onclick="alert(1)">A quoted cat.</p>

A <span style="color: red">word</span> and <b style=x>another</b>.

<img src="http://images.example/a.png" alt="A curve" style="width: 10px" onerror="alert(1)">

<svg><style>p { color: red }</style><circle style="fill: red"/></svg>

<iframe src="http://frames.example/"></iframe><object data="http://objects.example/"></object>

<video poster="http://images.example/b.png" src="http://films.example/c.mp4"></video>

<link rel="stylesheet" href="http://styles.example/d.css"><script>alert(1)</script>

<table background="http://images.example/e.png"><tr><td style="x:y" align="right">cell</td></tr></table>

<form action="http://forms.example/"><input style="x:y"><button style="x:y">Send</button></form>

<div style="color: red"

The last cat.
`;

describe.skipIf(!browser)("a document's own HTML in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());

  it("attempts nothing that the policy forbids, in the text, in a redline and in an answer", async () => {
    await using shown = await DocumentPage.open(browser!, RAW, [
      { original: "coloured cat", proposed: 'big <i style="color: red">cat</i>' },
      { original: "The last cat.", proposed: '<p style="color: red">The end.</p>' },
    ]);
    const { page, engine, talk } = shown;
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      document.addEventListener("securitypolicyviolation", (event) =>
        seen.push(`${event.violatedDirective} ${event.sample}`),
      );
    });
    engine.addMessage(talk, { role: "assistant", text: RAW });
    await page.locator(".message-answer", { hasText: "A quoted cat." }).waitFor();
    const text = page.locator(".document");
    for (const words of ["A slanted cat.", "A quoted cat.", "A word and another.", "cell"]) {
      await text.getByText(words).waitFor();
    }
    await text.getByRole("link", { name: "A curve" }).waitFor();
    expect(await text.innerText()).not.toContain("color: red }");
    expect(await text.locator("[align=right]").innerText()).toBe("cell");
    expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([]);
    // What was refused before the page could be listened to is looked at when it is closed.
  });
});
