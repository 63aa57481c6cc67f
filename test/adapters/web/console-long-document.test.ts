import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import type { Step } from "../../fakes/fake-engine.ts";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const SECTIONS = 300;
const BODY = `# Plan\n\n${Array.from(
  { length: SECTIONS },
  (_, n) => `## Part ${n}\n\nThe owl number${n} sits in the tree and \`waits\` for the night.\n`,
).join("\n")}`;
const CHANGES = Array.from({ length: 50 }, (_, n) => ({
  original: `owl number${n * 6} sits`,
  proposed: `owl number${n * 6} sat`,
}));

describe.skipIf(!browser)("a long document in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  const open = (options = {}) => DocumentPage.open(browser!, BODY, CHANGES, options);

  it("is drawn to its end, and every change with it", async () => {
    await using shown = await open();
    await shown.page.locator(".document", { hasText: `number${SECTIONS - 1} sits` }).waitFor();
    await expect
      .poll(() => shown.page.locator(".document ins").allTextContents())
      .toEqual(CHANGES.map(() => "sat"));
    await expect.poll(() => shown.page.locator(".ruler-mark").count()).toBe(CHANGES.length);
  });

  it("can be jumped in as soon as it is there", async () => {
    await using shown = await open();
    await shown.page.getByRole("button", { name: "Previous change" }).click();
    const last = shown.page.locator(".document ins").last();
    await expect
      .poll(() =>
        last.evaluate((mark) => {
          const { top } = mark.getBoundingClientRect();
          return top > 0 && top < innerHeight;
        }),
      )
      .toBe(true);
  });

  it("is not touched by an answer that streams; a new change touches its own paragraph", async () => {
    await using shown = await open();
    const { page } = shown;
    await expect.poll(() => page.locator(".document ins").count()).toBe(CHANGES.length);
    let goOn = (): void => {};
    const more = new Promise<void>((resolve) => (goOn = resolve));
    shown.engine.answer = async function* (): AsyncGenerator<Step> {
      for (let n = 0; n < 40; n++) yield { text: `word${n} **bold**\n\n` };
      await more;
      yield { change: { original: "owl number7 sits", proposed: "owl number7 sings" } };
    };
    await page.evaluate(() => {
      const touched = new Set<string>();
      Object.assign(window, { touched });
      new MutationObserver((records) => {
        for (const { target } of records) {
          const element = target instanceof Element ? target : target.parentElement;
          const block = element?.closest(".document-block");
          touched.add(block?.textContent.slice(0, 60) ?? String(element?.className));
        }
      }).observe(document.querySelector(".document")!, {
        subtree: true,
        childList: true,
        characterData: true,
      });
    });
    const touched = () =>
      page.evaluate(() => [...(window as unknown as { touched: Set<string> }).touched]);
    await page.fill("textarea", "Go");
    await page.keyboard.press("Enter");
    await page.locator(".message-answer", { hasText: "word39" }).waitFor();
    expect(await touched()).toEqual([]);
    goOn();
    await page.locator(".document ins", { hasText: "sings" }).waitFor();
    await page.locator(".caret").waitFor({ state: "detached" });
    const blocks = await touched();
    expect(blocks).toHaveLength(1);
    expect(blocks[0]).toContain("number7");
  });

  it("redraws one paragraph, not the others, when a change is committed", async () => {
    await using shown = await open();
    const { page } = shown;
    await expect.poll(() => page.locator(".document ins").count()).toBe(CHANGES.length);
    await page.evaluate(() => {
      for (const text of document.querySelectorAll(".document-text")) text.id = "kept";
    });
    await shown.card(2).getByRole("button", { name: "Accept" }).click();
    await page.locator(".document", { hasText: "owl number6 sat in" }).waitFor();
    await expect.poll(() => page.locator(".document ins").count()).toBe(CHANGES.length - 1);
    const fresh = page.locator(".document-text:not(#kept)");
    expect(await fresh.count()).toBeLessThanOrEqual(1);
  });

  it.each([
    { width: 1280, colorScheme: "light" },
    { width: 390, colorScheme: "light" },
    { width: 390, colorScheme: "dark" },
  ] as const)("fits $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    const wide = `# Plan\n\n${"|a".repeat(40)}|\n${"|-".repeat(40)}|\n${"|wide cell".repeat(40)}|\n\n\`\`\`\n${"long ".repeat(200)}\n\`\`\`\n\n${"unbroken".repeat(60)} end\n`;
    await using shown = await DocumentPage.open(
      browser!,
      wide,
      [
        { original: "end", proposed: "x".repeat(300) },
        { original: "none", proposed: "y".repeat(300) },
      ],
      { viewport: { width, height: 800 }, colorScheme },
    );
    const { page } = shown;
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    if (width < 960) await page.getByRole("button", { name: "Document", exact: true }).click();
    await page.locator(".document ins").waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
    const inner = await page
      .locator(".document-scroll")
      .evaluate((element) => element.scrollWidth - element.clientWidth);
    expect(inner).toBeLessThanOrEqual(0);
    await page.getByRole("button", { name: "Accept all…" }).click();
    const dialog = await page.getByRole("dialog").boundingBox();
    expect(dialog!.x).toBeGreaterThanOrEqual(0);
    expect(dialog!.x + dialog!.width).toBeLessThanOrEqual(width);
  });
});
