/** The conversation beside the document: ways on, failures that pass, and what stands around a change. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { UserError } from "../../../src/errors.ts";
import { launchBrowser } from "../../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  NARROW,
  sidewaysScroll,
  WIDE,
} from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { until } from "../../support/test-app.ts";
import { DocumentPage, placed, type NewChange } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = `# Plan

The retry budget is 20 % of all calls.

## The <b>rows</b> of \`settings\`

| setting | default |
| --- | --- |
| attempts | 5 |
| delay | 60 |
| jitter | 10 |

\`\`\`rust
fn delay() -> u32 { 60 }
\`\`\`
`;

const CONFLICT: NewChange = {
  original: "The retry budget is 25 %",
  proposed: "The retry budget is 10 %",
  reason: "Less load.",
  drift: "conflict",
  placement: placed(BODY, "The retry budget is 20 %", "The retry budget is 10 %", {
    status: "conflict",
    certainty: "none",
    slice: "The retry budget is 25 %",
  }),
};
/** Its words are gone, but a paragraph is much like them. */
const STALE: NewChange = {
  original: "The retry budget is 50 % of calls.",
  proposed: "The retry budget is 30 % of calls.",
  drift: "stale",
  placement: placed(BODY, "The retry budget is 50 % of calls.", "", { status: "stale" }),
};
const GONE: NewChange = {
  ...STALE,
  original: "Nobody wrote anything alike.",
  placement: placed(BODY, "Nobody wrote anything alike.", "", { status: "stale" }),
};
const PLAIN: NewChange = { original: "all calls", proposed: "calls" };

const open = (changes: readonly NewChange[], options = {}) =>
  DocumentPage.open(browser!, BODY, changes, options);
const message = (shown: DocumentPage) => shown.page.getByLabel("Message", { exact: true });
const button = (shown: DocumentPage, number: number, name: string) =>
  shown.card(number).getByRole("button", { name, exact: true });

/** A server that is not reached, until it is again. */
async function cutOff(shown: DocumentPage): Promise<() => Promise<void>> {
  await shown.page.route("**/*", (route) => route.abort());
  return () => shown.page.unroute("**/*");
}

describe.skipIf(!browser)("the conversation in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());

  describe("a new draft", () => {
    it("is asked for in a message of its own, and leaves what is being written alone", async () => {
      await using shown = await open([CONFLICT]);
      shown.engine.modelList = {
        models: [{ id: "writer", label: "Writer" }],
        default: "writer",
        problems: [],
      };
      await shown.page.reload();
      await message(shown).fill("By the way, ");
      await button(shown, 1, "Draft again").click();
      await shown.page.locator(".message-answer").waitFor();
      const asked = shown.talk.messages.filter(({ role }) => role === "user");
      expect(asked).toHaveLength(1);
      expect(asked[0]!.text).toContain("draft change #1 anew");
      expect(asked[0]!.text).toContain("The retry budget is 10 %");
      expect(asked[0]!.quote).toBe("The retry budget is 20 %");
      expect(await message(shown).inputValue()).toBe("By the way, ");
    });

    it("is written by hand where no model can, on what stands there now", async () => {
      await using shown = await open([CONFLICT]);
      await message(shown).fill("By the way, ");
      await button(shown, 1, "Draft again").click();
      const dialog = shown.page.getByRole("dialog", { name: "Draft change #1 by hand" });
      const field = dialog.getByLabel("New text");
      expect(await field.inputValue()).toBe("The retry budget is 10 %");
      expect(await dialog.locator("del").allInnerTexts()).toEqual(["20"]);
      await dialog.getByRole("button", { name: "Accept my version" }).click();
      await shown.card(2).getByText("accepted this").waitFor();
      expect(shown.body).toContain("The retry budget is 10 % of all calls.");
      expect(shown.talk.messages.filter(({ role }) => role === "user")).toEqual([]);
    });

    it("begins with the paragraph that is most like the words that are gone", async () => {
      await using shown = await open([STALE]);
      await button(shown, 1, "Draft again").click();
      await shown.page.getByLabel("New text").fill("The retry budget is 30 % of all calls.");
      await shown.page.getByRole("button", { name: "Accept my version" }).click();
      await shown.card(2).getByText("accepted this").waitFor();
      expect(shown.body).toContain("\nThe retry budget is 30 % of all calls.\n");
      expect(shown.change(1).state).toBe("declined");
    });

    it("asks for the passage where nothing is like it", async () => {
      await using shown = await open([GONE]);
      await button(shown, 1, "Draft again").click();
      await shown.page.getByText("Where does change #1 belong?").waitFor();
    });
  });

  describe("a failure on a card", () => {
    it("goes when the server is back", async () => {
      await using shown = await open([PLAIN]);
      const back = await cutOff(shown);
      await button(shown, 1, "Accept").click();
      const notice = shown.card(1).getByRole("alert");
      await notice.waitFor();
      await back();
      await notice.waitFor({ state: "detached" });
    });

    it("can be tried again", async () => {
      await using shown = await open([PLAIN]);
      const { accept } = shown.engine.changes;
      shown.engine.changes.accept = () =>
        Promise.reject(new UserError("host-busy", "GitHub is busy."));
      await button(shown, 1, "Accept").click();
      await shown.card(1).getByText("GitHub is busy.").waitFor();
      shown.engine.changes.accept = accept;
      await button(shown, 1, "Try again").click();
      await shown.card(1).getByText("accepted this").waitFor();
      expect(await shown.card(1).getByRole("alert").count()).toBe(0);
    });

    it("goes when something else is begun, and when the change moves on", async () => {
      await using shown = await open([PLAIN]);
      shown.engine.changes.accept = () =>
        Promise.reject(new UserError("forbidden", "You may not accept this."));
      const notice = shown.card(1).getByText("You may not accept this.");
      await button(shown, 1, "Accept").click();
      await notice.waitFor();
      // It would be refused again.
      expect(await button(shown, 1, "Try again").count()).toBe(0);
      await button(shown, 1, "Decline").click();
      await shown.page.getByRole("dialog").waitFor();
      expect(await notice.count()).toBe(0);
      await shown.page.keyboard.press("Escape");
      await button(shown, 1, "Accept").click();
      await notice.waitFor();
      await shown.engine.changes.decline(shown.change(1).id, "Elsewhere.", shown.engine.user);
      await shown.card(1).getByText("declined this: Elsewhere.").waitFor();
      expect(await notice.count()).toBe(0);
    });
  });

  describe("a card shows what stands around it", () => {
    it("as rows of a table, and as code", async () => {
      await using shown = await open([
        { original: "60 |\n| jitter", proposed: "90 |\n| jitter" },
        { original: "{ 60 }", proposed: "{ 90 }" },
      ]);
      const rows = shown.card(1).locator("tr");
      expect(await rows.allInnerTexts()).toEqual([
        expect.stringMatching(/setting\s+default/),
        expect.stringMatching(/attempts\s+5/),
        expect.stringMatching(/delay\s+6090/),
        expect.stringMatching(/jitter\s+10/),
      ]);
      expect(await shown.card(2).locator("pre code").innerText()).toContain("fn delay() -> u32");
      for (const number of [1, 2]) {
        expect(await shown.card(number).innerText()).not.toMatch(/```|\| /);
      }
    });

    it("with its section's title as plain text", async () => {
      await using shown = await open([{ original: "attempts", proposed: "tries" }]);
      await button(shown, 1, "The rows of settings").waitFor();
    });
  });

  describe("an address without a thread", () => {
    it("says so and leads to the document's threads", async () => {
      await using shown = await open([PLAIN]);
      await shown.page.goto(shown.page.url().replace(/threads\/.*$/, "threads/none"));
      await shown.page.getByRole("heading", { name: "There is no such thread" }).waitFor();
      await shown.page.getByRole("link", { name: "Threads on “Plan”" }).click();
      await shown.page.waitForURL(/\/rfcs\/plan$/);
      await shown.page.getByRole("heading", { name: "Threads" }).waitFor();
    });

    it("leads to the thread's own document", async () => {
      await using shown = await open([PLAIN]);
      shown.engine.addDocument({ slug: "other", title: "Other" }, "# Other\n");
      await shown.page.goto(shown.page.url().replace("/plan/", "/other/"));
      await shown.page.getByRole("link", { name: "Open it beside its own document" }).click();
      await shown.card(1).waitFor();
      expect(new URL(shown.page.url()).pathname).toContain("/rfcs/plan/threads/");
    });
  });

  it.each([WIDE, NARROW])(
    "fits into $width pixels, and nothing lies over a card",
    async (viewport) => {
      const many = Array.from({ length: 6 }, () => PLAIN);
      await using shown = await open(many, { viewport });
      const label = "A model with a name that is longer than any field for it could be (default)";
      shown.engine.modelList = {
        models: [
          { id: "offline", label },
          { id: "other", label: "Other" },
        ],
        default: "offline",
        problems: [],
      };
      await shown.page.reload();
      await shown.card(6).waitFor();
      const list = shown.page.getByRole("region", { name: "Messages" });
      await list.evaluate((element) => element.scrollTo(0, 0));
      await shown.page.getByRole("button", { name: "Latest" }).waitFor();
      const box = async (selector: string) => {
        const found = await shown.page.locator(selector).boundingBox();
        if (!found) throw new Error(`${selector} is not shown`);
        return { ...found, right: found.x + found.width, bottom: found.y + found.height };
      };
      const [messages, latest, picker, send, field] = await Promise.all(
        [
          ".conversation-scroll",
          ".to-end",
          ".model-picker",
          ".message-field .primary",
          ".message-field",
        ].map(box),
      );
      expect(latest!.y).toBeGreaterThanOrEqual(messages!.bottom);
      expect(picker!.right).toBeLessThanOrEqual(send!.x);
      expect(send!.right).toBeLessThanOrEqual(field!.right);
      for (const cut of await shown.page
        .locator(".composer .hint:visible, .model-only:visible")
        .all()) {
        expect(await cut.evaluate((line) => line.scrollWidth - line.clientWidth)).toBe(0);
      }
    },
  );

  it("names the only model in full, without a choice", async () => {
    await using shown = await open([PLAIN]);
    const label = "Offline editor (no language model)";
    shown.engine.modelList = {
      models: [{ id: "offline", label }],
      default: "offline",
      problems: [],
    };
    await shown.page.reload();
    await shown.page.locator(".model-only", { hasText: label }).waitFor();
    expect(await shown.page.locator(".model-picker").count()).toBe(0);
    await until(async () => (await shown.page.locator(".model-only").boundingBox())!.height < 24);
  });

  const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
    [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
  );
  it.each(looks)("has no barriers at $width pixels, $colorScheme", async (look) => {
    const { colorScheme, viewport, width } = look;
    const changes = [
      CONFLICT,
      STALE,
      { original: "{ 60 }", proposed: "{ 90 }" },
      { original: "delay | 60", proposed: "delay | 90" },
    ];
    await using shown = await open(changes, { colorScheme, viewport });
    const list = shown.page.getByRole("region", { name: "Messages" });
    const check = async (name: string): Promise<void> => {
      expect(await findBarriers(shown.page), name).toEqual([]);
      expect(await sidewaysScroll(shown.page), name).toBe(0);
      await keepScreenshot(shown.page, `conversation-${name}-${width}-${colorScheme}`);
    };
    await check("end");
    await list.evaluate((element) => element.scrollTo(0, 0));
    await shown.page.getByRole("button", { name: "Latest" }).waitFor();
    await check("conflict");
    await button(shown, 1, "Draft again").click();
    await shown.page.getByRole("dialog").waitFor();
    await check("draft");
    await shown.page.goto(shown.page.url().replace(/threads\/.*$/, "threads/none"));
    await shown.page.getByRole("heading", { name: "There is no such thread" }).waitFor();
    await check("no-thread");
  });
});
