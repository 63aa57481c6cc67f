import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { UserError } from "../../../src/errors.ts";
import { launchBrowser } from "../../support/browser.ts";
import { NARROW, WIDE } from "../../support/console-page.ts";
import { markLeg } from "../../support/legs.ts";
import { DocumentPage, type NewChange } from "./document-page.ts";

const browser: Browser | null = await launchBrowser();

const BODY = "# Plan\n\nOne two three four.\n\n## Next\n\nFive six seven eight nine.\n";
const CHANGES: NewChange[] = [
  { original: "two", proposed: "zwei" },
  { original: "four", proposed: "vier" },
  { original: "six", proposed: "sechs" },
  { original: "eight nine", proposed: "acht neun" },
  { original: "nine", proposed: "NEUN" },
  { original: "nowhere", proposed: "x" },
];

describe.skipIf(!browser)("accepting all in a browser", () => {
  beforeAll(() => markLeg("browser"));
  afterAll(() => browser!.close());
  const open = async (changes = CHANGES) => {
    const shown = await DocumentPage.open(browser!, BODY, changes);
    await shown.page.getByRole("button", { name: "Accept all…" }).click();
    return shown;
  };

  it("shows the combined result, and what is left out and why", async () => {
    await using shown = await open();
    const dialog = shown.page.getByRole("dialog");
    expect(await dialog.locator(".combined ins").allInnerTexts()).toEqual([
      "zwei",
      "vier",
      "sechs",
    ]);
    expect(await dialog.locator(".combined .quiet").allInnerTexts()).toEqual(["Plan", "Next"]);
    const left = await dialog.locator(".left-out li").allInnerTexts();
    expect(left).toHaveLength(3);
    expect(left.join(" ")).toMatch(/#4.*same text as #5.*#5.*same text as #4.*#6.*not found/s);
    await dialog.getByRole("button", { name: "Accept 3 changes" }).waitFor();
  });

  it.each([WIDE, NARROW])(
    "shows tables and code as they will be, at $width pixels",
    async (viewport) => {
      const body = `# Plan

| setting | default |
| --- | --- |
| \`delay\` | 60 |
| jitter | 10 |

\`\`\`rust
fn delay() -> u32 { 60 }
fn jitter() -> u32 { 10 }
\`\`\`

The end.
`;
      const changes: NewChange[] = [
        { original: "`delay` | 60 |", proposed: "`delay` | 90 |" },
        { original: "| jitter | 10 |\n", proposed: "| cap | 300 |\n| all | 900 |\n" },
        { original: "{ 60 }", proposed: "{ 90 }" },
        { original: "fn jitter() -> u32 { 10 }\n", proposed: "" },
        { original: "The end.\n", proposed: "The end.\n\n```ts\nconst end = 1;\n```\n" },
      ];
      await using shown = await DocumentPage.open(browser!, body, changes, { viewport });
      const tab = shown.page.getByRole("button", { name: "Document", exact: true });
      if (await tab.isVisible()) await tab.click();
      await shown.page.getByRole("button", { name: "Accept all…" }).click();
      const look = shown.page.getByRole("region", { name: "The combined result" });
      await look.locator("ins").first().waitFor();
      expect(await look.locator("table").count()).toBe(1);
      const rows = await look.locator("tr").allInnerTexts();
      expect(rows.join("\n")).toMatch(/delay\s+60\s*90/);
      expect(rows.join("\n")).toMatch(/cap\s+(10)?\s*300/);
      // Words of the source alone would mean that it is not shown as it will be.
      expect(await look.innerText()).not.toMatch(/```|\| /);
      for (const code of await look.locator("code").all())
        expect(await code.isVisible()).toBe(true);
      const codes = await look.locator("pre code").allInnerTexts();
      expect(codes).toHaveLength(2);
      expect(codes[0]).toMatch(/\{ 60\s*90/);
      expect(codes[1]).toContain("const end = 1;");
      await shown.page
        .getByRole("dialog")
        .getByRole("button", { name: "Accept 5 changes" })
        .waitFor();
    },
  );

  it("accepts one after another what the person leaves in", async () => {
    await using shown = await open();
    const dialog = shown.page.getByRole("dialog");
    await dialog.getByLabel("Change #2").uncheck();
    expect(await dialog.locator(".combined ins").allInnerTexts()).toEqual(["zwei", "sechs"]);
    await dialog.getByRole("button", { name: "Accept 2 changes" }).click();
    await dialog.getByText("2 of 2 accepted.").waitFor();
    expect(shown.body).toBe(BODY.replace("two", "zwei").replace("six", "sechs"));
    await dialog.getByRole("button", { name: "Close" }).click();
    await shown.card(1).getByText("accepted this").waitFor();
    await shown.page.locator(".document", { hasText: "One zwei three" }).waitFor();
    expect(shown.change(2).state).toBe("pending");
  });

  it("stays to say how it went when nothing is pending any more", async () => {
    await using shown = await open(CHANGES.slice(0, 3));
    const dialog = shown.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Accept 3 changes" }).click();
    await dialog.getByText("3 of 3 accepted.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await shown.page.getByText("No pending changes").waitFor();
    expect(await shown.page.getByRole("button", { name: "Accept all…" }).count()).toBe(0);
  });

  it("goes on after one that fails, and says which and why", async () => {
    await using shown = await open();
    const dialog = shown.page.getByRole("dialog");
    const { accept } = shown.engine.changes;
    shown.engine.changes.accept = (id, by) =>
      id === shown.change(2).id
        ? Promise.reject(new UserError("place-uncertain", "Somebody was faster."))
        : accept(id, by);
    await dialog.getByRole("button", { name: "Accept 3 changes" }).click();
    await dialog.getByText("2 of 3 accepted.").waitFor();
    expect(await dialog.getByRole("list", { name: "Not accepted" }).innerText()).toBe(
      "#2 Somebody was faster.",
    );
    expect(shown.body).toContain("One zwei three four");
    expect(shown.body).toContain("sechs");
  });

  it("waits for each commit, and stops when it is asked to", async () => {
    await using shown = await open();
    const dialog = shown.page.getByRole("dialog");
    let commit = (): void => {};
    shown.engine.beforeCommit = () => new Promise<void>((resolve) => (commit = resolve));
    await dialog.getByRole("button", { name: "Accept 3 changes" }).click();
    await dialog.getByText("Committing 1 of 3…").waitFor();
    await expect.poll(() => shown.change(1).state).toBe("accepting");
    expect(shown.change(2).state).toBe("pending");
    await dialog.getByRole("button", { name: "Stop after this one" }).click();
    commit();
    await dialog.getByText("1 of 3 accepted.").waitFor();
    expect(await dialog.locator(".left-out li").allInnerTexts()).toEqual([
      "#2 Not tried: you stopped before it.",
      "#3 Not tried: you stopped before it.",
    ]);
    expect(shown.change(3).state).toBe("pending");
  });

  it("tells of a commit that could not be made", async () => {
    await using shown = await open();
    const dialog = shown.page.getByRole("dialog");
    shown.engine.commitFailure = "The repository is read-only.";
    await dialog.getByRole("button", { name: "Accept 3 changes" }).click();
    await dialog.getByText("0 of 3 accepted.").waitFor();
    expect(await dialog.locator(".left-out li").first().innerText()).toBe(
      "#1 The repository is read-only.",
    );
  });
});
