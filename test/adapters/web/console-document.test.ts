import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = `# Plan

The cat sat on the mat and looked at the moon[^why].

| animal | sound |
| --- | --- |
| cat | meow |
| dog | bark |

- feed the cat
- walk the dog

## Code

\`\`\`rust
// The base of the delay.
fn delay(n: u32) -> u32 {
    60
}
\`\`\`

${"Filler that makes the document longer than a window.\n\n".repeat(30)}

[^why]: Cats do that.

## End

The very last sentence.
`;

const CHANGES = [
  { original: "cat sat", proposed: "dog sat" },
  { original: "the moon", proposed: "the sun" },
  { original: "| dog | bark |", proposed: "| dog | woof |" },
  { original: "- walk the dog", proposed: "- walk the dog\n- wash the dog" },
  { original: "    60", proposed: "    60 * n" },
  { original: "very last", proposed: "last" },
];

describe.skipIf(!browser)("the document in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  const open = (body = BODY, changes = CHANGES) => DocumentPage.open(browser!, body, changes);

  it("shows redlines in paragraphs, tables, lists and code, each with its number", async () => {
    await using shown = await open();
    for (let number = 1; number <= CHANGES.length; number++) {
      await shown.marks(number).filter({ visible: true }).first().waitFor({ state: "attached" });
    }
    const texts = (number: number) => shown.marks(number).and(shown.page.locator("del, ins"));
    expect(await texts(3).allInnerTexts()).toEqual(["bark", "woof"]);
    expect(await shown.page.locator(".document td ins").innerText()).toBe("woof");
    expect(await shown.page.locator(".document li ins").innerText()).toBe("wash the dog");
    expect(await shown.page.locator(".document pre ins").innerText()).toContain("* n");
    // Two in one paragraph differ in number and in colour.
    const colour = (number: number) =>
      shown
        .marks(number)
        .and(shown.page.locator("button"))
        .evaluate((flag) => getComputedStyle(flag).color);
    expect(await colour(1)).not.toBe(await colour(2));
  });

  it("shows the same changes in the source", async () => {
    await using shown = await open();
    await shown.page.getByRole("button", { name: "Source", exact: true }).click();
    await shown.page.locator(".source-view ins").first().waitFor();
    const numbers = await shown.page.locator(".source-view .redline-flag").allInnerTexts();
    expect(numbers.toSorted()).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(await shown.page.locator(".source-view").innerText()).toContain("[^why]: Cats do that.");
  });

  it("colours code, also around redlines, by a worker that is loaded for it", async () => {
    await using shown = await open();
    await shown.page.locator(".document pre .hl-kwd", { hasText: "fn" }).waitFor();
    await shown.page.locator(".document pre .hl-cmnt").waitFor();
    expect(await shown.page.locator(".document pre").innerText()).toContain("fn delay(n: u32)");
    const highlighter = async (one: DocumentPage) =>
      (await one.assets()).filter((path) => path.includes("/highlight-"));
    expect(await highlighter(shown)).toHaveLength(1);
    await using plain = await open("# Plan\n\nNo code.\n", []);
    await plain.page.locator(".document", { hasText: "No code." }).waitFor();
    expect(await highlighter(plain)).toEqual([]);
  });

  it("is not held up by code that a grammar cannot cope with", async () => {
    // Every pair of blanks doubles the time that the grammar of tags takes.
    const hostile = `\`\`\`xml\n<a${"  a".repeat(60)}\n\`\`\`\n\n\`\`\`rust\nfn main() {}\n\`\`\`\n`;
    await using shown = await open(`# Plan\n\n${hostile}`, []);
    await shown.page.locator(".document .hl-kwd", { hasText: "fn" }).waitFor();
    expect(await shown.page.locator(".document pre").first().innerText()).toContain("<a  a");
  });

  it("shows images as links, and loads nothing from anywhere else", async () => {
    const body =
      "# Plan\n\n![A curve](https://images.example/a.png) and\n" +
      "[![badge](https://images.example/b.svg)](https://example.org)\n\n" +
      '<img src="https://images.example/c.png"> ![local](./d.png)\n';
    await using shown = await open(body, []);
    const curve = shown.page.getByRole("link", { name: "A curve" });
    await curve.waitFor();
    expect(await curve.getAttribute("href")).toBe("https://images.example/a.png");
    expect(await curve.getAttribute("rel")).toBe("noopener noreferrer");
    expect(await shown.page.getByRole("link", { name: "badge" }).getAttribute("href")).toBe(
      "https://example.org",
    );
    expect(await shown.page.locator(".document img").count()).toBe(0);
    expect(await shown.page.locator(".document [data-image]").allInnerTexts()).toEqual([
      "A curve",
      "badge",
      "image",
      "local",
    ]);
    // That nothing was asked of another host is looked at when the page is closed.
  });

  it("leads from a footnote's number to the note, and back", async () => {
    await using shown = await open();
    const reference = shown.page.locator("sup a", { hasText: "why" });
    const back = shown.page.getByRole("link", { name: "↩" });
    const isInView = (selector: "reference" | "note") =>
      (selector === "note" ? back : reference).evaluate((element) => {
        const { top } = element.getBoundingClientRect();
        return top > 0 && top < innerHeight;
      });
    expect(await isInView("note")).toBe(false);
    await reference.click();
    await expect.poll(() => isInView("note")).toBe(true);
    await back.click();
    await expect.poll(() => isInView("reference")).toBe(true);
  });

  it("shows all changes beside the scroll bar; a click goes there", async () => {
    await using shown = await open();
    const ruler = shown.page.getByRole("navigation", { name: "All changes" });
    await expect.poll(() => ruler.getByRole("button").count()).toBe(CHANGES.length);
    const tops = await ruler
      .getByRole("button")
      .evaluateAll((marks) => marks.map((mark) => mark.getBoundingClientRect().top));
    expect(tops.toSorted((a, b) => a - b)).toEqual(tops);
    await ruler.getByRole("button", { name: "Change 6: show its place" }).click();
    const last = shown.page.locator(".document del", { hasText: "very" });
    const isInView = () =>
      last.evaluate((element) => {
        const { top } = element.getBoundingClientRect();
        return top > 0 && top < innerHeight;
      });
    await expect.poll(isInView).toBe(true);
    // By keyboard too: one stop, then the arrows.
    await ruler.getByRole("button").first().focus();
    await shown.page.keyboard.press("ArrowDown");
    expect(await shown.page.evaluate(() => document.activeElement?.ariaLabel)).toBe(
      "Change 2: show its place",
    );
  });

  it("marks the paragraphs that have changes, and counts them in the outline", async () => {
    await using shown = await open();
    const margins = shown.page.locator(".margin-marks");
    expect(await margins.allInnerTexts()).toEqual(
      expect.arrayContaining(["1\n2", "3", "4", "5", "6"]),
    );
    const outline = shown.page.getByRole("navigation", { name: "Sections" });
    expect(await outline.getByRole("button").allInnerTexts()).toEqual([
      expect.stringMatching(/^Plan\s+4$/),
      expect.stringMatching(/^Code\s+1$/),
      expect.stringMatching(/^End\s+1$/),
    ]);
  });

  it("ties a redline to its card and back, by pointer and by focus", async () => {
    await using shown = await open();
    const hot = (number: number) =>
      shown.page.locator(`.document [data-change="${shown.change(number).id}"].is-hot`).count();
    const isLit = async (number: number) =>
      ((await shown.card(number).getAttribute("class")) ?? "").includes("is-hot");
    await shown.page.locator(".document ins", { hasText: "woof" }).hover();
    await expect.poll(() => isLit(3)).toBe(true);
    await shown.card(1).hover();
    await expect.poll(() => hot(1)).toBeGreaterThan(1);
    expect(await hot(3)).toBe(0);
    expect(await isLit(3)).toBe(false);
    await shown.page.getByRole("button", { name: "Change 2: show its card" }).focus();
    await expect.poll(() => isLit(2)).toBe(true);
    await shown.page.keyboard.press("Enter");
    await expect
      .poll(() => shown.page.evaluate(() => document.activeElement?.ariaLabel ?? ""))
      .toMatch(/^Change 2, /);
  });

  it("steps from change to change", async () => {
    await using shown = await open();
    const next = shown.page.getByRole("button", { name: "Next change" });
    await next.click();
    await shown.page.getByText("1 of 6").waitFor();
    await next.click();
    await shown.page.getByText("2 of 6").waitFor();
    await shown.page.getByRole("button", { name: "Previous change" }).click();
    await shown.page.getByRole("button", { name: "Previous change" }).click();
    await shown.page.getByText("6 of 6").waitFor();
    await expect
      .poll(() => shown.page.locator(".document-scroll").evaluate((element) => element.scrollTop))
      .toBeGreaterThan(500);
  });
});
