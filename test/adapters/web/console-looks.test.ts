import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  NARROW,
  sidewaysScroll,
  WIDE,
} from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { STATES, STATES_BODY } from "./change-states.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = `${STATES_BODY}
| setting | default |
| --- | --- |
| attempts | 5 |

\`\`\`rust
// The base of the delay.
fn delay(n: u32) -> u32 { 60 }
\`\`\`

![A curve](https://images.example/a.png) and a note[^why].

[^why]: Because.

## Next

- first
- second
`;

const toDocument = async (page: Page): Promise<void> => {
  const tab = page.getByRole("button", { name: "Document", exact: true });
  if (await tab.isVisible()) await tab.click();
};
const card = (page: Page, number: number) => page.getByLabel(new RegExp(`^Change ${number}, `));

/** What a person can have before them, and how they come there. */
const SCENES: [string, (page: Page) => Promise<void>][] = [
  ["cards", (page) => page.locator(".conversation-scroll").evaluate((el) => el.scrollTo(0, 0))],
  [
    "redlines",
    async (page) => {
      await toDocument(page);
      await page.locator(".document .hl-kwd").first().waitFor({ state: "attached" });
      await page.locator(".document ins").first().hover();
    },
  ],
  [
    "paragraph",
    async (page) => {
      await toDocument(page);
      await page.locator(".document-scroll").focus();
      await page.keyboard.press("Alt+ArrowDown");
      await page.keyboard.press("Alt+ArrowDown");
      await page.keyboard.press("Enter");
      await page.getByRole("toolbar").waitFor();
    },
  ],
  [
    "placing",
    async (page) => {
      await card(page, 6).getByRole("button", { name: "Choose in the document" }).click();
      await page.getByText("Where does change #6 belong?").waitFor();
    },
  ],
  [
    "editing",
    async (page) => {
      await card(page, 1).getByRole("button", { name: "Edit" }).click();
      await page.getByLabel("New text").fill("Some cat");
    },
  ],
  ["conflict", (page) => card(page, 3).getByRole("button", { name: "Side by side" }).click()],
  [
    "accept-all",
    async (page) => {
      await toDocument(page);
      await page.getByRole("button", { name: "Accept all…" }).click();
      await page.getByRole("dialog").locator("ins").first().waitFor();
    },
  ],
];

describe.skipIf(!browser)("document and cards, for every reader", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());

  const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
    [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
  );
  it.each(looks)("have no barriers at $width pixels, $colorScheme", async (look) => {
    const { colorScheme, viewport, width } = look;
    const changes = STATES.map(({ change }) => change);
    for (const [name, go] of SCENES) {
      await using shown = await DocumentPage.open(browser!, BODY, changes, {
        colorScheme,
        viewport,
      });
      await go(shown.page);
      expect(await findBarriers(shown.page), name).toEqual([]);
      expect(await sidewaysScroll(shown.page), name).toBe(0);
      await keepScreenshot(shown.page, `review-${name}-${width}-${colorScheme}`);
    }
  });
});
