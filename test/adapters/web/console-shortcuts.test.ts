/** The list of shortcuts says what there is: every line of it is tried. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Locator, Page } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { until } from "../../support/test-app.ts";
import { DocumentPage } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = "# Plan\n\nThe cat sat on the mat.\n\nThe dog lay on the rug.\n";
const CHANGES = [
  { original: "The cat", proposed: "A cat" },
  { original: "The dog", proposed: "A dog" },
];

type Try = (shown: DocumentPage) => Promise<unknown>;

const press = (shown: DocumentPage, key: string) => shown.page.keyboard.press(key);
const dialog = (shown: DocumentPage, name: string): Locator =>
  shown.page.getByRole("dialog", { name });
const field = (shown: DocumentPage): Locator => shown.page.getByLabel("Message", { exact: true });
const hasFocus = (locator: Locator) => () =>
  locator.evaluate((element) => element === document.activeElement);
/** The card that has the focus, by its label. */
const cardWithFocus = (page: Page) => () =>
  page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
const atCard = (shown: DocumentPage, number: number) =>
  until(async () => (await cardWithFocus(shown.page)()).startsWith(`Change ${number},`));
const onCard = async (shown: DocumentPage, key: string): Promise<void> => {
  await press(shown, "j");
  await atCard(shown, 1);
  await press(shown, key);
};

const TRIES: Record<string, Try> = {
  "This document: j": async (shown) => {
    await onCard(shown, "j");
    await atCard(shown, 2);
  },
  "This document: k": async (shown) => {
    await onCard(shown, "k");
    await atCard(shown, 2);
  },
  "This document: a": async (shown) => {
    await onCard(shown, "a");
    await shown.card(1).getByText("accepted this").waitFor();
  },
  "This document: d": async (shown) => {
    await onCard(shown, "d");
    await dialog(shown, "Decline change #1").waitFor();
  },
  "This document: e": async (shown) => {
    await onCard(shown, "e");
    await dialog(shown, "Edit change #1").waitFor();
  },
  "This document: o": async (shown) => {
    await onCard(shown, "o");
    await shown.page.locator(".document .is-hot").first().waitFor();
  },
  "This document: w": async (shown) => {
    await press(shown, "w");
    await shown.page.locator(".why-button[aria-pressed=true]").waitFor();
  },
  "This document: c": async (shown) => {
    await press(shown, "c");
    await until(hasFocus(field(shown)));
  },
  "This document: s": async (shown) => {
    await press(shown, "s");
    await shown.page.getByRole("button", { name: "Source", pressed: true, exact: true }).waitFor();
  },
  "This document: t": async (shown) => {
    await press(shown, "t");
    await shown.page.waitForURL(/\/rfcs\/plan$/);
  },
  "This document: h": async (shown) => {
    await press(shown, "h");
    await shown.page.waitForURL(/\/history/);
  },
  "This document: Alt ↑↓": async (shown) => {
    await shown.page.locator(".document-scroll").focus();
    await press(shown, "Alt+ArrowDown");
    await shown.page.locator(".document-block:focus").waitFor();
  },
  "This document: Enter": async (shown) => {
    await shown.page.locator(".document-scroll").focus();
    await press(shown, "Alt+ArrowDown");
    await press(shown, "Enter");
    await shown.page.getByRole("toolbar").waitFor();
  },
  "Everywhere: /": async (shown) => {
    await press(shown, "/");
    await until(hasFocus(shown.page.getByRole("searchbox").first()));
  },
  "Everywhere: n": async (shown) => {
    await press(shown, "n");
    await shown.page.getByRole("heading", { name: "Notifications" }).waitFor();
  },
  "Everywhere: ?": async (shown) => {
    await press(shown, "?");
    await dialog(shown, "Keyboard shortcuts").waitFor();
  },
  "In a message: Enter": async (shown) => {
    await field(shown).fill("Is that all?");
    await press(shown, "Enter");
    await shown.page.getByText("You said: Is that all?").waitFor();
  },
  "In a message: Shift Enter": async (shown) => {
    await field(shown).fill("One");
    await press(shown, "Shift+Enter");
    expect(await field(shown).inputValue()).toBe("One\n");
  },
  "In dialogs and fields: Ctrl Enter": async (shown) => {
    await shown.card(1).getByRole("button", { name: "Decline" }).click();
    await shown.page.getByLabel("Reason").fill("No.");
    await press(shown, "Control+Enter");
    await shown.card(1).getByText("declined this: No.").waitFor();
    await shown.card(2).getByRole("button", { name: "Edit" }).click();
    await shown.page.getByLabel("New text").fill("A wolf");
    await press(shown, "Meta+Enter");
    await shown.card(3).getByText("accepted this").waitFor();
  },
  "In dialogs and fields: Esc": async (shown) => {
    await field(shown).focus();
    await press(shown, "Escape");
    expect(await hasFocus(field(shown))()).toBe(false);
    await shown.card(1).getByRole("button", { name: "Decline" }).click();
    await dialog(shown, "Decline change #1").waitFor();
    await press(shown, "Escape");
    await dialog(shown, "Decline change #1").waitFor({ state: "detached" });
  },
};

describe.skipIf(!browser)("the list of shortcuts", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  const open = async (): Promise<DocumentPage> => {
    const shown = await DocumentPage.open(browser!, BODY, CHANGES);
    await shown.card(2).waitFor();
    return shown;
  };
  const listed = async (page: Page): Promise<string[]> => {
    await page.getByRole("button", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    return page
      .locator(".shortcuts section")
      .evaluateAll((sections) =>
        sections.flatMap((section) =>
          [...section.querySelectorAll("kbd")].map(
            (key) => `${section.querySelector("h3")?.textContent}: ${key.textContent}`,
          ),
        ),
      );
  };

  it("holds what is tried here, no more and no less", async () => {
    await using shown = await open();
    expect((await listed(shown.page)).toSorted()).toEqual(Object.keys(TRIES).toSorted());
    await shown.page.goto(new URL("/", shown.page.url()).href);
    expect(await listed(shown.page)).toEqual(
      Object.keys(TRIES).filter((name) => /^(Everywhere|In dialogs)/.test(name)),
    );
  });

  it.each(Object.entries(TRIES))("%s", async (_name, attempt) => {
    await using shown = await open();
    await attempt(shown);
  });
});
