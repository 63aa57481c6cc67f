import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { UserError } from "../../../src/errors.ts";
import { launchBrowser } from "../../support/browser.ts";
import { markLeg } from "../../support/legs.ts";
import { STATES, STATES_BODY } from "./change-states.ts";
import { DocumentPage, type NewChange } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const numberOf = (name: string): number => STATES.findIndex((one) => one.name === name) + 1;
const stateOf = (name: string): NewChange => STATES[numberOf(name) - 1]!.change;

describe.skipIf(!browser)("cards in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  const open = (changes: readonly NewChange[]) => DocumentPage.open(browser!, STATES_BODY, changes);

  it("have a face and a way on for every state", async () => {
    await using shown = await open(STATES.map(({ change }) => change));
    for (const [index, { name, label, actions }] of STATES.entries()) {
      const card = shown.card(index + 1);
      expect(await card.locator(".pill").innerText(), name).toBe(label);
      const buttons = card.locator(".card-actions button");
      expect(await buttons.allInnerTexts(), name).toEqual(actions);
    }
    expect(await shown.card(numberOf("already applied")).innerText()).toContain(
      "reads so already, since aaaaaaa",
    );
  });

  it("say who, when, why, how surely, and what stands around", async () => {
    await using shown = await open([
      { original: "the dog", proposed: "the owl", reason: "Owls.", kind: "manual", author: "Kim" },
    ]);
    const text = await shown.card(1).innerText();
    expect(text).toMatch(/by Kim, .*\d/);
    expect(text).toContain("found exactly");
    expect(text).toContain("Owls.");
    expect(text).toContain("cat sat on the mat, and the");
    await shown.card(1).getByRole("button", { name: "Plan" }).click();
    await shown.page.locator(".document .is-hot").first().waitFor();
  });

  it("decline with a reason that everybody sees", async () => {
    await using shown = await open([{ original: "the dog", proposed: "the owl" }]);
    await shown.card(1).getByRole("button", { name: "Decline" }).click();
    await shown.page.getByLabel("Reason").fill("No owls.");
    await shown.page.getByRole("dialog").getByRole("button", { name: "Decline" }).click();
    await shown.card(1).getByText("declined this: No owls.").waitFor();
    expect(shown.change(1).state).toBe("declined");
    expect(await shown.page.locator(".document .redline").count()).toBe(0);
  });

  it("accept an edited version as the person's own, and say what became of the first", async () => {
    await using shown = await open([
      { original: "the dog lay", proposed: "the owl lay", reason: "Owls." },
    ]);
    await shown.card(1).getByRole("button", { name: "Edit" }).click();
    const field = shown.page.getByLabel("New text");
    expect(await field.inputValue()).toBe("the owl lay");
    await field.fill("an owl sat");
    await shown.page.getByRole("button", { name: "Accept my version" }).click();
    await shown.card(2).getByText("accepted this").waitFor();
    await shown.card(1).getByText("Replaced by change #2").waitFor();
    await shown.page.locator(".document", { hasText: "and an owl sat on the rug" }).waitFor();
    expect(shown.change(2)).toMatchObject({ kind: "manual", author: "Robin", reason: "Owls." });
  });

  it("tell what was done when only a part of it could be", async () => {
    await using shown = await open([{ original: "the dog lay", proposed: "the owl lay" }]);
    shown.engine.changes.accept = () =>
      Promise.reject(new UserError("place-uncertain", "The branch is protected."));
    await shown.card(1).getByRole("button", { name: "Edit" }).click();
    await shown.page.getByLabel("New text").fill("an owl sat");
    await shown.page.getByRole("button", { name: "Accept my version" }).click();
    await shown.page
      .getByText("Your version is change #2. The rest was not done: The branch is protected.")
      .waitFor();
    // Once more would make a third.
    expect(await shown.page.getByRole("button", { name: "Accept my version" }).isDisabled()).toBe(
      true,
    );
    expect(shown.change(1).state).toBe("declined");
    expect(shown.change(2).state).toBe("pending");
  });

  it("show the three texts of a conflict side by side, and let one write a fourth", async () => {
    await using shown = await open([stateOf("in conflict")]);
    await shown.card(1).getByRole("button", { name: "Side by side" }).click();
    const dialog = shown.page.getByRole("dialog");
    const boxes = await dialog.locator("dd").evaluateAll((texts) =>
      texts.map((text) => {
        const { left, top } = text.getBoundingClientRect();
        return { left, top };
      }),
    );
    expect(boxes).toHaveLength(3);
    expect(new Set(boxes.map(({ top }) => top)).size).toBe(1);
    expect(new Set(boxes.map(({ left }) => left)).size).toBe(3);
    expect(await dialog.locator("dd").first().innerText()).toBe("25 %");
    await dialog.getByRole("button", { name: "Close" }).click();
    await shown.card(1).getByRole("button", { name: "Write it yourself" }).click();
    await shown.page.getByLabel("New text").fill("15 %");
    await shown.page.getByRole("button", { name: "Propose my version" }).click();
    await shown.card(2).getByText("Pending").waitFor();
    expect(shown.change(2)).toMatchObject({ original: "20 %", proposed: "15 %" });
    expect(shown.change(1).state).toBe("declined");
  });

  it("confirm what was merged", async () => {
    await using shown = await open([stateOf("merged")]);
    await shown.card(1).getByRole("button", { name: "Confirm" }).click();
    await shown.card(1).getByText("Pending").waitFor();
  });

  it("promote a fenced block and have a malformed one repaired", async () => {
    await using shown = await open([]);
    const { id } = shown.engine.addMessage(shown.talk, { role: "assistant", text: "Blocks." });
    const common = { threadId: shown.talk.thread.id, messageId: id, turnId: null, state: "open" };
    shown.talk.blocks.push(
      {
        ...common,
        id: "one",
        kind: "fenced",
        code: null,
        fields: { original: "the dog", proposed: "the owl" },
        changeId: null,
        textOffset: 7,
      } as never,
      {
        ...common,
        id: "two",
        kind: "malformed",
        code: "missing_proposed",
        fields: { original: "the cat" },
        changeId: null,
        textOffset: 7,
      } as never,
    );
    await shown.page.reload();
    await shown.page.getByRole("button", { name: "Make it a change" }).click();
    await shown.card(1).waitFor();
    await shown.page.getByRole("button", { name: "Ask to repair it" }).click();
    await shown.page.getByText("The model was asked to repair it.").waitFor();
  });
});
