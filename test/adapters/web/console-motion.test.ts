/** Nothing moves under the reader's eyes, and nothing moves at all for those who ask for that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Page } from "playwright-core";
import type { Step } from "../../fakes/fake-engine.ts";
import { launchBrowser } from "../../support/browser.ts";
import { WIDE } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

/** The limit below which web-vitals calls the cumulative layout shift "good". */
const GOOD_SHIFT = 0.1;
const PARAGRAPHS = Array.from({ length: 60 }, (_, at) => `Paragraph ${at} tells of owl${at} here.`);
const BODY = `# Plan\n\n${PARAGRAPHS.join("\n\n")}\n`;

function gate(): { passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}

/** All kinds of Markdown, in pieces that end in the middle of things, and two cards. */
async function* longAnswer(half: Promise<void>): AsyncGenerator<Step> {
  const text = `Some **bold** words.\n\n- one\n- two\n\n\`\`\`ts\nlet owl = 1;\n\`\`\`\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n`;
  for (let at = 0; at < text.length; at += 7) yield { text: text.slice(at, at + 7) };
  yield { change: { original: "owl50", proposed: "an owl", reason: "Any owl." } };
  await half;
  for (let at = 0; at < 30; at++) yield { text: `And so on, sentence ${at}. ` };
  yield { change: { original: "owl51", proposed: "an owl" } };
}

const runningTurns = (shown: DocumentPage): number =>
  shown.talk.turns.filter(({ state }) => state === "running" || state === "queued").length;

describe.skipIf(!browser)("layout in a browser", () => {
  beforeAll(() => markLeg("browser"));

  it("stays where it is while an answer streams", async () => {
    await using shown = await DocumentPage.open(browser!, BODY, [
      { original: "owl1 ", proposed: "an owl ", reason: "Any." },
    ]);
    const { page, engine, talk } = shown;
    await shown.card(1).waitFor();
    await watchShifts(page);
    const half = gate();
    engine.answer = () => longAnswer(half.passed);
    // Not by the field: what moves just after somebody typed is not counted.
    await engine.threads.post(talk.thread.id, { text: "Tell me" }, engine.user);
    await shown.card(2).waitFor();
    half.open();
    await shown.card(3).waitFor();
    await expect.poll(() => runningTurns(shown)).toBe(0);
    await page.locator(".caret").waitFor({ state: "detached" });
    expect(await shiftSum(page)).toBeLessThan(GOOD_SHIFT);
    // What the observer would have seen.
    await page.evaluate(() => {
      document.querySelector<HTMLElement>(".toolbar")!.style.marginTop = "300px";
    });
    await expect.poll(() => shiftSum(page)).toBeGreaterThan(GOOD_SHIFT);
  });

  it("keeps the text under the reader's eyes when a redline arrives above it", async () => {
    await using shown = await DocumentPage.open(browser!, BODY, []);
    const { page, engine, talk } = shown;
    const paragraph = page.locator(".document-block", { hasText: "Paragraph 40 " });
    await paragraph.evaluate((element) => element.scrollIntoView({ block: "center" }));
    const top = () => paragraph.evaluate((element) => element.getBoundingClientRect().top);
    const scrolled = () => page.locator(".document-scroll").evaluate(({ scrollTop }) => scrollTop);
    const [before, from] = [await top(), await scrolled()];
    expect(from).toBeGreaterThan(500);
    engine.addChange(talk, {
      original: PARAGRAPHS[2]!,
      proposed: Array.from({ length: 12 }, (_, at) => `A new paragraph ${at}.`).join("\n\n"),
    });
    await shown.marks(1).first().waitFor({ state: "attached" });
    // It made the document longer above, and only there.
    await expect.poll(scrolled).toBeGreaterThan(from + 100);
    await expect.poll(async () => Math.abs((await top()) - before)).toBeLessThan(2);
  });
});

describe.skipIf(!browser)("motion in a browser", () => {
  afterAll(() => browser!.close());

  /** What ran in any frame while a dialog opened, an answer streamed and a redline was pointed out. */
  async function motions(reducedMotion: "reduce" | "no-preference"): Promise<string[]> {
    await using shown = await DocumentPage.open(
      browser!,
      BODY,
      [{ original: "owl1 ", proposed: "an owl ", reason: "Any." }],
      { reducedMotion, viewport: WIDE },
    );
    const { page, engine } = shown;
    await shown.card(1).waitFor();
    await watchMotions(page);
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const half = gate();
    engine.answer = () => longAnswer(half.passed);
    await page.getByRole("textbox", { name: "Message", exact: true }).fill("Tell me");
    await page.keyboard.press("Enter");
    await page.locator(".caret").waitFor();
    await shown.card(2).waitFor();
    await framesPassed(page);
    half.open();
    await expect.poll(() => runningTurns(shown)).toBe(0);
    await page.locator(".caret").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Next change" }).click();
    await framesPassed(page);
    return page.evaluate(() => [...(window as unknown as { motions: Set<string> }).motions]);
  }

  it("is there for who does not mind", async () => {
    const seen = await motions("no-preference");
    expect(seen).toEqual(expect.arrayContaining(["caret: breathe"]));
    expect(seen.filter((motion) => motion.includes("redline"))).not.toEqual([]);
  });

  it("is nowhere for who asks for less of it", async () => {
    expect(await motions("reduce")).toEqual([]);
  });
});

interface Shifts {
  shifts: { value: number; hadRecentInput: boolean }[];
}

async function watchShifts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Shifts["shifts"] = [];
    Object.assign(window, { shifts: seen });
    new PerformanceObserver((list) => {
      seen.push(...(list.getEntries() as unknown as Shifts["shifts"]));
    }).observe({ type: "layout-shift" });
  });
}

/** Of the shifts that no input of the reader explains. */
function shiftSum(page: Page): Promise<number> {
  return page.evaluate(() =>
    (window as unknown as Shifts).shifts
      .filter(({ hadRecentInput }) => !hadRecentInput)
      .reduce((sum, { value }) => sum + value, 0),
  );
}

/** Looks in every frame; names are those of an element's class and of its animation or property. */
async function watchMotions(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen = new Set<string>();
    Object.assign(window, { motions: seen });
    const look = (): void => {
      for (const animation of document.getAnimations()) {
        if (animation.playState !== "running") continue;
        const { target } = animation.effect as KeyframeEffect;
        const { animationName, transitionProperty } = animation as unknown as Record<
          string,
          string
        >;
        seen.add(`${target?.className ?? ""}: ${animationName ?? transitionProperty ?? "script"}`);
      }
      requestAnimationFrame(look);
    };
    look();
  });
}

/** Until what was just asked for has been drawn. */
async function framesPassed(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame);
  });
}
