import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Locator, Page } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import {
  findBarriers,
  keepScreenshot,
  NARROW,
  openConsole,
  openTools,
  sidewaysScroll,
  WIDE,
} from "../../support/console-page.ts";
import { GitHubApp, PATH, REPOSITORY } from "../../support/github-app.ts";
import { markLeg } from "../../support/legs.ts";
import { DOCUMENT, until } from "../../support/test-app.ts";
import { DocumentPage, type NewChange } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = "# Plan\n\nThe cat sat on the mat.\n\nThe dog lay on the rug.\n\nOne two three.\n";
const PULL = {
  number: 12,
  title: "Cats and dogs",
  url: "https://github.com/acme/rfcs/pull/12",
  state: "open" as const,
  readOnly: null,
};
const comment = (n: number) => `${PULL.url}#discussion_r${n}`;
const CHANGES: NewChange[] = [
  {
    original: "The cat",
    proposed: "A cat",
    shown: { state: "live", form: "suggestion", url: comment(1) },
  },
  {
    original: "the rug",
    proposed: "the floor",
    shown: { state: "live", form: "file", url: comment(2) },
  },
  {
    original: "One two",
    proposed: "Two",
    shown: { state: "removed", form: "line", url: comment(3) },
  },
];
const FORK =
  "The pull request comes from olive's fork olive/rfcs, which Redline cannot write to: suggestions only, for somebody who can push there to apply on GitHub.";

const post = (card: Locator) => card.getByRole("button", { name: "Post on GitHub" });

beforeAll(() => (browser ? markLeg("browser") : undefined));
afterAll(() => browser?.close());

describe.skipIf(!browser)("a pull request in a browser", () => {
  async function open(
    more: Partial<DocumentPage["document"]> = {},
    options: Parameters<typeof DocumentPage.open>[3] = {},
  ): Promise<DocumentPage> {
    const shown = await DocumentPage.open(browser!, BODY, CHANGES, options);
    Object.assign(shown.document, { pullRequest: PULL, suggestionMode: "automatic", ...more });
    await shown.page.reload();
    await shown.page.locator(".pull").waitFor();
    await shown.card(3).waitFor();
    return shown;
  }

  it("is a link in the head, and each card leads to its comment", async () => {
    await using shown = await open();
    const badge = shown.page.getByRole("link", { name: "Pull request #12 open" });
    expect(await badge.getAttribute("href")).toBe(PULL.url);
    expect(await badge.getAttribute("title")).toContain("Cats and dogs");
    const link = (number: number) => shown.card(number).locator(".card-github a");
    expect(await link(1).innerText()).toBe("Suggestion on GitHub");
    expect(await link(1).getAttribute("href")).toBe(comment(1));
    expect(await link(2).innerText()).toBe("Shown on GitHub as a diff");
    expect(await link(3).count()).toBe(0);
    expect(await post(shown.card(1)).count()).toBe(0);
    await post(shown.card(3)).click();
    await link(3).waitFor();
  });

  it("takes suggestions by itself or on request, as its people choose", async () => {
    await using shown = await open({ suggestionMode: "on_request" });
    shown.engine.addChange(shown.talk, { original: "the mat", proposed: "a mat" });
    await post(shown.card(4)).waitFor();
    await shown.page.getByRole("button", { name: "Suggestions" }).click();
    const dialog = shown.page.getByRole("dialog");
    expect(await dialog.innerText()).toContain("file:///srv/docs");
    expect(await dialog.getByLabel("On request").isChecked()).toBe(true);
    await dialog.getByLabel("Automatic").check();
    await dialog.getByRole("button", { name: "Close" }).click();
    await post(shown.card(4)).waitFor({ state: "detached" });
    expect(shown.document.suggestionMode).toBe("automatic");
  });

  it("from a fork says so, and offers nothing that would be refused", async () => {
    await using shown = await open({ pullRequest: { ...PULL, readOnly: FORK } });
    await shown.page.getByText(FORK).waitFor();
    const buttons = shown.card(1).locator(".card-actions button");
    expect(await buttons.allInnerTexts()).toEqual(["Edit", "Decline"]);
    expect(await shown.card(1).innerText()).toContain("Redline cannot commit to this branch");
    expect(await shown.page.getByRole("button", { name: "Accept all" }).count()).toBe(0);
    await shown.card(1).getByRole("button", { name: "Edit" }).click();
    const dialog = shown.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Propose my version" }).waitFor();
    expect(await dialog.getByRole("button", { name: "Accept my version" }).count()).toBe(0);
  });

  it("marks messages that were edited or deleted where they were written", async () => {
    await using shown = await open();
    const { engine, talk, page } = shown;
    const now = new Date();
    engine.addMessage(talk, { author: "Olive", text: "A better cat.", editedAt: now });
    engine.addMessage(talk, { author: "Olive", text: "", deletedAt: now });
    await page.getByText("This message was deleted.").waitFor();
    await page.getByText("edited", { exact: true }).waitFor();
  });

  const looks = (["light", "dark"] as const).flatMap((colorScheme) =>
    [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport, width: viewport.width })),
  );
  it.each(looks)("has no barriers at $width pixels, $colorScheme", async (look) => {
    const { colorScheme, viewport, width } = look;
    const reviewProblem = "GitHub does not answer at present.";
    await using shown = await open(
      { pullRequest: { ...PULL, readOnly: FORK }, reviewProblem },
      { colorScheme, viewport },
    );
    const { engine, talk, page } = shown;
    engine.addMessage(talk, { author: "Olive", text: "A better cat.", editedAt: new Date() });
    engine.addMessage(talk, { author: "Olive", text: "", deletedAt: new Date() });
    await page.getByText("This message was deleted.").waitFor();
    const check = async (name: string): Promise<void> => {
      await keepScreenshot(page, `pull-request-${name}-${width}-${colorScheme}`);
      expect(await findBarriers(page), name).toEqual([]);
      expect(await sidewaysScroll(page), name).toBe(0);
    };
    await check("fork");
    await page.locator(".conversation-scroll").evaluate((element) => element.scrollTo(0, 0));
    await check("cards");
    await openTools(page);
    await page.getByRole("button", { name: "Suggestions" }).click();
    await check("switch");
  });
});

describe.skipIf(!browser)("a pull request on GitHub, from its address to its suggestion", () => {
  const form = async (page: Page): Promise<void> => {
    await page.getByText("Add an RFC").waitFor();
    const field = page.getByLabel("Pull request or repository");
    if (!(await field.isVisible())) await page.getByText("Add an RFC").click();
  };

  it("is added by its address alone, and followed to its end", async () => {
    await using world = await GitHubApp.start({ register: false, webhooks: true });
    const opened = await openConsole(browser!, world.app.url!);
    const { page } = opened;
    await form(page);
    const address = `${world.github.htmlUrl}/${REPOSITORY}/pull/${world.pull}`;
    await page.getByLabel("Pull request or repository").fill(address);
    await page.getByLabel("Short name").fill("rfc");
    await page.getByRole("button", { name: "Add RFC" }).click();
    await page.getByRole("link", { name: "#1 open" }).waitFor();
    // What others choose, and what a look at the pull request posts, is seen without a reload.
    await world.engine.rfcs.chooseSuggestionMode("rfc", "on_request");
    await page.getByTitle("Suggestions on GitHub: on request").waitFor();
    const threadId = await world.newThread();
    await world.propose(threadId, [
      { original: "after one minute", proposed: "after two minutes" },
    ]);
    await page.goto(`${world.app.url}/rfcs/rfc/threads/${threadId}`);
    await page.getByRole("button", { name: "Post on GitHub" }).click();
    const link = page.getByRole("link", { name: "Suggestion on GitHub" });
    await link.waitFor();
    const [posted] = await world.shown(1);
    expect(await link.getAttribute("href")).toContain(String(posted!.id));
    world.repository.closePull(world.pull, "olive");
    await page.getByRole("link", { name: "#1 closed" }).waitFor();
    await opened.close();
    expect(opened.errors).toEqual([]);
  });

  it("asks for the path where several documents are changed", async () => {
    await using world = await GitHubApp.start({
      register: false,
      prepare: async (repository) => {
        await repository.commit("feature", { [PATH]: DOCUMENT, "b.md": DOCUMENT }, { by: "olive" });
        return repository.openPull({ head: "feature", title: "Two", author: "olive" });
      },
    });
    const opened = await openConsole(browser!, world.app.url!);
    const { page } = opened;
    await form(page);
    await page.getByLabel("Pull request or repository").fill(REPOSITORY);
    await page.getByRole("button", { name: "Add RFC" }).click();
    await page.getByText("changes several Markdown files").waitFor();
    const path = page.getByRole("textbox", { name: "Document optional" });
    expect(await path.getAttribute("aria-invalid")).toBe("true");
    await page.locator("[name=path]:focus").waitFor();
    await keepScreenshot(page, "add-rfc-several");
    await path.fill("b.md");
    await page.getByRole("button", { name: "Add RFC" }).click();
    await until(async () => (await world.engine.rfcs.list()).length === 1);
    await opened.close();
  });
});
