/** What concerns people in the console when there is much of it, in long words and in other scripts. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { findBarriers, NARROW, sidewaysScroll, WIDE } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const LONG = "Donaudampfschifffahrtselektrizitaeten".repeat(5);
const ARABIC = "هذا الاقتراح لا يذكر شيئًا عن retry بعد دقيقة واحدة.";
const PART = (n: number) => `The owl number${n} sits in the tree and waits for the night.`;
const BODY = `# Plan\n\n${Array.from({ length: 12 }, (_, n) => `## Part ${n}\n\n${PART(n)}\n`).join("\n")}`;
const CONCERNS = 40;

async function open(options: BrowserContextOptions): Promise<DocumentPage> {
  const changes = [{ original: "owl number0 sits", proposed: "owl number0 sat" }];
  const shown = await DocumentPage.open(browser!, BODY, changes, options);
  const { engine, talk, document } = shown;
  document.rfc.title = `Plan ${LONG}`;
  talk.thread.title = LONG;
  const about = { rfcSlug: "plan", threadId: talk.thread.id };
  for (let n = 0; n < CONCERNS; n++) {
    const start = BODY.indexOf(PART(n % 12));
    const passage = { start, end: start + 20 };
    const anchorText = BODY.slice(start, start + 20);
    const text = n % 2 ? ARABIC : LONG;
    const anchor = { passage, anchorText, anchorBlobSha: document.headSha };
    engine.concerns.add({ ...about, ...anchor, text, ...(n % 2 && { author: LONG }) });
  }
  engine.merges.asked = [{ userId: "ada", name: LONG }];
  engine.merges.add({ ...about, proposedBy: LONG });
  engine.notifications.add({ ...about, text: `${LONG} wrote.`, excerpt: ARABIC });
  const account = { platform: "slack", isConnected: false, unreachableWhy: null };
  const accounts = [{ ...account, workspace: LONG, name: LONG }];
  const person = engine.people.add({ displayName: LONG, accounts });
  engine.people.add({ displayName: `${LONG} 2`, accounts });
  await engine.people.setMaintainer("plan", person.id, true);
  await engine.record.write("plan", engine.user);
  engine.record.markdown = `# Transcript\n\n**${LONG}**, 2026-03-02\n\n> ${LONG}\n`;
  return shown;
}

const go = async ({ page }: DocumentPage, path: string): Promise<void> => {
  await page.goto("about:blank");
  await page.goto(path);
};
const conversation = async (page: Page): Promise<void> => {
  await page.locator(".document-block").first().waitFor({ state: "attached" });
  const tab = page.getByRole("button", { name: "Conversation", exact: true });
  if (await tab.isVisible()) await tab.click();
};

const PAGES: [string, (page: Page) => Promise<void>][] = [
  ["/notifications", (page) => page.getByText("wrote.").first().waitFor()],
  ["/people", (page) => page.locator(".person").first().waitFor()],
  ["/rfcs/plan/people", (page) => page.getByLabel("Name somebody else").waitFor()],
  [
    "/rfcs/plan/record",
    async (page) => {
      await page.getByText("Read it").click();
      await page.locator(".transcript strong").waitFor();
    },
  ],
  [
    "/rfcs/plan",
    async (page) => {
      await conversation(page);
      await page.getByRole("button", { name: "Raise a concern" }).click();
      await page.getByRole("dialog").waitFor();
    },
  ],
];

/** What stands out of the box that cuts it off. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll(".dialog, .panel, .rows, .conversation-scroll, .frame > *")]
      .filter((box) => box.scrollWidth > box.clientWidth + 1)
      .map((box) => box.className),
  );

describe.skipIf(!browser)("much about people", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());

  const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
    [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
  );
  it.each(looks)("fits $width pixels, $colorScheme, without barriers", async (look) => {
    await using shown = await open({ colorScheme: look.colorScheme, viewport: look.viewport });
    const { page } = shown;
    const { origin } = new URL(page.url());
    for (const [path, arrive] of PAGES) {
      await go(shown, origin + path);
      await arrive(page);
      expect([path, await sidewaysScroll(page), await cutOff(page)]).toEqual([path, 0, []]);
      expect([path, await findBarriers(page)]).toEqual([path, []]);
    }
  });

  it("leaves room for what is said in a thread, and reads from its own side", async () => {
    await using shown = await open({ viewport: NARROW });
    const { page, talk } = shown;
    await page.reload();
    const summary = page.getByText(`${CONCERNS} open concerns`);
    await summary.waitFor();
    const { height } = (await page.locator(".thread-header").boundingBox())!;
    expect(height).toBeLessThan(NARROW.height / 2);
    await summary.click();
    await page.getByRole("list", { name: "Open concerns of this thread" }).waitFor();
    const messages = page.getByRole("region", { name: "Messages" });
    expect((await messages.boundingBox())!.height).toBeGreaterThan(100);
    await go(shown, new URL(`/rfcs/plan#concern-2`, page.url()).href);
    const bidi = page.getByRole("article", { name: "Concern 2, open" }).locator(".concern-text");
    expect(await bidi.evaluate((text) => getComputedStyle(text).unicodeBidi)).toBe("plaintext");
    expect(talk.thread.state).toBe("open");
  });

  it("draws few concerns at once, all of them soon, and one that is asked for at once", async () => {
    await using shown = await open({});
    const { page } = shown;
    const { origin } = new URL(page.url());
    await page.addInitScript(() => {
      const counts: number[] = [];
      Object.assign(window, { counts });
      new MutationObserver(() => {
        const count = document.querySelectorAll(".concern").length;
        if (count > 0 && count !== counts.at(-1)) counts.push(count);
      }).observe(document, { subtree: true, childList: true });
    });
    await go(shown, `${origin}/rfcs/plan`);
    await expect.poll(() => page.locator(".concern").count()).toBe(CONCERNS);
    const counts = await page.evaluate(() => (window as unknown as { counts: number[] }).counts);
    expect(counts[0]).toBe(8);
    await go(shown, `${origin}/rfcs/plan#concern-${CONCERNS}`);
    await page.locator(".concern:focus", { hasText: `!${CONCERNS}` }).waitFor();
  });

  it("lets one go back from a concern, and keeps the keyboard where it was", async () => {
    await using shown = await open({});
    const { page, engine } = shown;
    const { origin } = new URL(page.url());
    engine.notifications.rows[0]!.url = `${origin}/rfcs/plan#concern-1`;
    await go(shown, `${origin}/notifications`);
    await page.getByRole("link", { name: /wrote\./ }).click();
    await page.locator(".concern:focus").waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Notifications" }).waitFor();
    await page.goForward();
    await page.getByRole("button", { name: "Withdraw concern 1", exact: true }).press("Enter");
    await page.getByText("1 settled").waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    await expect.poll(focused).toBe("Concerns and threads");
  });

  it("has marks of changes beside those of concerns on a narrow screen", async () => {
    await using shown = await open({ viewport: NARROW });
    const { page } = shown;
    await go(shown, new URL("/rfcs/plan", page.url()).href);
    const change = page.locator(".ruler-mark").first();
    await change.waitFor();
    const { x, width } = (await page.locator(".document .concern-mark").first().boundingBox())!;
    expect((await change.boundingBox())!.x).toBeGreaterThanOrEqual(x + width);
  });
});
