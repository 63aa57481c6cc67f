import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, BrowserContextOptions, Locator } from "playwright-core";
import { fakePlacement } from "../../fakes/fake-records.ts";
import { launchBrowser } from "../../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  NARROW,
  sidewaysScroll,
  WIDE,
} from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage, type NewChange } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const SECTIONS = ["Budget", "Limits", "Retries", "Notes"];
const FILLER = "Filler that makes the document longer than a window.\n\n".repeat(14);
const BODY = `# Plan

The **cat** sat on the mat and waited 10 seconds.

${FILLER}

${SECTIONS.map((name) => `## ${name}\n\nAbout the ${name.toLowerCase()}.\n\n${FILLER}`).join("\n")}

## Table

| setting | default |
| --- | --- |
| attempts | 10 |

\`\`\`js
wait(10);
\`\`\`

## Short

The very last sentence.
`;

const CHANGES = [
  { original: "cat** sat on", proposed: "cat** lay on" },
  { original: "| attempts | 10 |", proposed: "| attempts | 15 |" },
  { original: "wait(10)", proposed: "wait(15)" },
  { original: "10 seconds", proposed: "15 seconds" },
];

interface Talk {
  words: string;
  title?: string;
  stale?: boolean;
}

async function open(
  talks: readonly Talk[],
  changes: readonly NewChange[] = CHANGES,
  options: BrowserContextOptions = {},
) {
  const shown = await DocumentPage.open(browser!, BODY, changes, options);
  const threads = talks.map(
    ({ words, title, stale }, index) =>
      shown.engine.addThread({
        rfcSlug: "plan",
        kind: "range",
        title: title ?? null,
        anchor: fakePlacement(BODY, words, words),
        anchorStaleSince: stale ? new Date() : null,
        createdAt: new Date(Date.UTC(2026, 3, 1, 9, index)),
      }).thread,
  );
  await shown.page.reload();
  await shown.page.locator(".document-block").first().waitFor({ state: "attached" });
  return {
    shown,
    page: shown.page,
    threads,
    [Symbol.asyncDispose]: () => shown[Symbol.asyncDispose](),
  };
}

afterAll(() => browser?.close());

const isInView = (element: Locator) =>
  element.evaluate((one) => {
    const { top } = one.getBoundingClientRect();
    return top > 0 && top < innerHeight;
  });

describe.skipIf(!browser)("threads on passages in a browser", () => {
  beforeAll(() => markLeg("browser"));

  it("are marked in the text, in its margin and beside the scroll bar; each way opens the thread", async () => {
    await using one = await open([
      { words: "waited 10 seconds", title: "Why so long?" },
      { words: "very last" },
    ]);
    const { page, threads } = one;
    const [first, second] = threads;
    const passage = page.locator(`.document .passage[data-thread="${second!.id}"]`);
    await expect.poll(() => passage.textContent()).toBe("very last");
    const style = await passage.evaluate((one) => getComputedStyle(one).textDecorationStyle);
    expect(style).toBe("dotted");
    // By pointer in the text.
    await page.locator(".document .passage", { hasText: "waited" }).click();
    await page.getByRole("heading", { name: "Why so long?" }).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("Why so long?");
    // By keyboard beside the scroll bar; the passage comes into view.
    expect(await isInView(passage)).toBe(false);
    const ruler = page.getByRole("navigation", { name: "Threads on passages" });
    await ruler.getByRole("button").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "On “very last”" }).waitFor();
    await expect.poll(() => isInView(passage)).toBe(true);
    // In the margin.
    await page
      .locator(".document")
      .getByRole("button", { name: "Thread A, Why so long?: open it" })
      .click();
    await page.getByRole("heading", { name: "Why so long?" }).waitFor();
    expect(page.url()).toContain(first!.id);
  });

  it("lead back to the passage from their header and from the list", async () => {
    await using one = await open([
      { words: "About the notes.", title: "Which notes?" },
      { words: "The **cat** sat" },
    ]);
    const { page, threads } = one;
    const passage = page.locator(`.document .passage[data-thread="${threads[0]!.id}"]`);
    await page.getByRole("link", { name: "Threads", exact: false }).first().click();
    const list = page.locator(".thread-list");
    await list.getByText("“The cat sat”", { exact: true }).waitFor();
    expect(await isInView(passage)).toBe(false);
    await list.getByRole("button", { name: "“About the notes.”" }).click();
    await expect.poll(() => isInView(passage)).toBe(true);
    await page.locator(".document-scroll").evaluate((element) => element.scrollTo(0, 0));
    await expect.poll(() => isInView(passage)).toBe(false);
    await list.getByText("Which notes?").click();
    const header = page.locator(".thread-header");
    await header.getByRole("button", { name: "“About the notes.”" }).click();
    await expect.poll(() => isInView(passage)).toBe(true);
  });

  it("are told apart where several are on the same words", async () => {
    await using one = await open([
      { words: "very last", title: "First" },
      { words: "The very last sentence", title: "Second" },
    ]);
    const { page, threads } = one;
    const both = page.locator(".document .passage-several");
    await expect.poll(() => both.getAttribute("data-thread")).toContain(" ");
    const margin = page.locator(".document .thread-mark");
    expect(await margin.allTextContents()).toEqual(["B", "A"]);
    const [upper, lower] = await page
      .locator(".ruler-thread")
      .evaluateAll((marks) =>
        marks.map((mark) => mark.getBoundingClientRect().toJSON() as DOMRect),
      );
    expect(lower!.top).toBeGreaterThan(upper!.bottom);
    // On the paper their letters would seem to be about the paragraph beside them.
    const paper = (await page.locator(".document").boundingBox())!;
    const change = (await page.locator(".ruler-mark").first().boundingBox())!;
    expect(upper!.left).toBeGreaterThanOrEqual(paper.x + paper.width);
    expect(upper!.right).toBeLessThanOrEqual(change.x);
    await both.click();
    await page.waitForURL(`**/${threads[1]!.id}`);
    await both.click();
    await page.waitForURL(`**/${threads[0]!.id}`);
    // The open one stands out, and only it.
    const style = (id: string) =>
      page
        .locator(`.document .passage[data-thread="${id}"]`)
        .first()
        .evaluate((one) => getComputedStyle(one).textDecorationStyle);
    await page.getByRole("heading", { name: "First" }).hover();
    await both.click();
    await page.waitForURL(`**/${threads[1]!.id}`);
    expect(await style(threads[1]!.id)).toBe("solid");
  });

  it("say so when their passage is gone", async () => {
    await using one = await open([
      { words: "very last", title: "Lost", stale: true },
      { words: "the cat flew", title: "Never there" },
    ]);
    const { page, threads } = one;
    for (const thread of threads) {
      await page.goto(page.url().replace(/[^/]+$/, thread.id));
      await page
        .locator(".thread-header")
        .getByText("This passage can no longer be found in the document.")
        .waitFor();
    }
    expect(await page.locator(".passage, .thread-mark").count()).toBe(0);
  });

  it("are marked in the source too", async () => {
    await using one = await open([{ words: "The **cat** sat" }]);
    const { page } = one;
    await page.getByRole("button", { name: "Source", exact: true }).click();
    await expect
      .poll(async () => (await page.locator(".source-view .passage").allInnerTexts()).join(""))
      .toBe("The **cat** sat");
  });
});

describe.skipIf(!browser)("reading a document in a browser", () => {
  beforeAll(() => markLeg("browser"));

  it("draws one of the changes that overlap; a chip draws another in its place", async () => {
    const rivals = ["slept on", "stood on", "flew over"].map((proposed) => ({
      original: "sat on",
      proposed,
    }));
    await using one = await open([], rivals);
    const { page } = one;
    const drawn = page.locator(".document ins");
    await expect.poll(() => drawn.allInnerTexts()).toEqual(["flew over"]);
    expect(await page.locator(".source-strip").count()).toBe(0);
    const group = page.getByRole("group", { name: "2 more proposals here" });
    const chip = (number: number) => group.getByRole("button", { name: `#${number}` });
    await chip(1).click();
    await expect.poll(() => drawn.allInnerTexts()).toEqual(["slept"]);
    expect(await chip(1).getAttribute("aria-pressed")).toBe("true");
    // The focus alone does it as well, and stays where it is.
    await page.keyboard.press("Shift+Tab");
    await expect.poll(() => drawn.allInnerTexts()).toEqual(["stood"]);
    expect(await chip(2).evaluate((one) => one === document.activeElement)).toBe(true);
    // So does going to the change from elsewhere.
    await one.shown.card(3).hover();
    await page.getByRole("button", { name: "Next change" }).click();
    await page.getByRole("button", { name: "Next change" }).click();
    await page.getByRole("button", { name: "Next change" }).click();
    await expect.poll(() => drawn.allInnerTexts()).toEqual(["flew over"]);
  });

  it("folds what is too much to show", async () => {
    const many = Array.from({ length: 20 }, (_, n) => ({
      original: "sat on",
      proposed: `sat ${n} times on`,
    }));
    await using one = await open([], many);
    const { page } = one;
    await page.getByText("19 more proposals here").waitFor();
    const seen = page.locator(".proposal-chip").filter({ visible: true });
    expect(await seen.count()).toBe(6);
    await page.getByText("14 older").click();
    expect(await seen.count()).toBe(20);
    const block = page.locator(".document-block-edited");
    expect((await block.allInnerTexts()).join().split("on the mat").length - 1).toBe(1);
  });

  it("keeps old and new numbers apart, in text, tables, code and the source", async () => {
    await using one = await open([]);
    const { page } = one;
    const gaps = () =>
      page.locator(".document ins", { hasText: "15" }).evaluateAll((all) =>
        all.map((ins) => {
          const gone = ins.previousElementSibling!;
          return ins.getBoundingClientRect().left - gone.getBoundingClientRect().right;
        }),
      );
    await expect.poll(async () => (await gaps()).length).toBe(3);
    expect(Math.min(...(await gaps()))).toBeGreaterThan(2);
    await page.getByRole("button", { name: "Source", exact: true }).click();
    await page.locator(".source-view ins").first().waitFor();
    expect(Math.min(...(await gaps()))).toBeGreaterThan(2);
  });

  it("marks the section in view in the outline", async () => {
    await using one = await open([]);
    const { page } = one;
    const outline = page.getByRole("navigation", { name: "Sections" });
    const current = async () =>
      (await outline.locator("[aria-current]").allInnerTexts()).map((name) => name.split("\n")[0]);
    await expect.poll(current).toEqual(["Plan"]);
    const scroll = (to: string) =>
      page.evaluate((id) => {
        const scroller = document.querySelector(".document-scroll")!;
        const target = document.getElementById(id);
        if (target) target.scrollIntoView({ block: "start" });
        else scroller.scrollTop = scroller.scrollHeight;
      }, to);
    for (const name of ["Limits", "Notes", "Budget"]) {
      await scroll(`section-${name.toLowerCase()}`);
      await expect.poll(current).toEqual([name]);
    }
    // The last section is too short to reach the top of the window.
    await scroll("the end");
    await expect.poll(current).toEqual(["Short"]);
    await outline.getByRole("button", { name: "Table" }).click();
    await expect.poll(current).toEqual(["Table"]);
    await scroll("section-limits");
    await expect.poll(current).toEqual(["Limits"]);
    await page.getByRole("button", { name: "Source", exact: true }).click();
    await outline.getByRole("button", { name: "Notes" }).click();
    await expect.poll(current).toEqual(["Notes"]);
  });

  const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
    [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
  );
  it.each(looks)("has no barriers at $width pixels, $colorScheme", async (look) => {
    const { colorScheme, viewport, width } = look;
    const changes = [
      ...CHANGES,
      { original: "mat and", proposed: "rug and" },
      { original: "the mat", proposed: "a sofa" },
    ];
    await using one = await open(
      [
        { words: "The **cat** sat", title: "Which cat?" },
        { words: "sat on the mat", title: "Why does it sit on the mat?" },
        { words: "| attempts | 10 |", title: "How many?" },
        { words: "wait(10)" },
      ],
      changes,
      { colorScheme, viewport },
    );
    const { page } = one;
    const tab = page.getByRole("button", { name: "Document", exact: true });
    const toDocument = async () => {
      if (await tab.isVisible()) await tab.click();
    };
    await toDocument();
    await page.locator(".more-proposals").waitFor();
    for (const name of ["top", "end"] as const) {
      await page
        .locator(".document-scroll")
        .evaluate((el, to) => el.scrollTo(0, to === "end" ? el.scrollHeight : 0), name);
      expect(await findBarriers(page), name).toEqual([]);
      expect(await sidewaysScroll(page), name).toBe(0);
      await keepScreenshot(page, `threads-${name}-${width}-${colorScheme}`);
    }
    await page.getByRole("button", { name: "Source", exact: true }).click();
    await page.locator(".source-view .proposal-chip").waitFor();
    await page.locator(".document-scroll").evaluate((el) => el.scrollTo(0, 0));
    expect(await findBarriers(page)).toEqual([]);
    await keepScreenshot(page, `threads-source-${width}-${colorScheme}`);
    await page.getByRole("button", { name: "Rendered", exact: true }).click();
    await page.locator(".document .thread-mark").last().click();
    await page.locator(".thread-header .thread-passage").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await keepScreenshot(page, `threads-open-${width}-${colorScheme}`);
    await page.locator(".back").click();
    await page.locator(".thread-list .thread-passage").first().waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await keepScreenshot(page, `threads-list-${width}-${colorScheme}`);
  });
});
