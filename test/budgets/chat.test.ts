/** What people read in chat. */
import { describe, expect, it } from "vitest";

import { readLimit } from "../../src/budgets/limit.ts";
import type { Sql } from "../../src/store/database.ts";
import { allowModel, putLimit } from "../../src/store/budgets.ts";
import { DiscordStage } from "../discord/stage.ts";
import { SlackStage } from "../slack/stage.ts";

/** The workspace of the linked place, before anything was asked there. */
async function limitWorkspace(sql: Sql): Promise<void> {
  const [place] = await sql<{ share: string }[]>`
    select platform || '/' || workspace_id as share from thread_links`;
  await putLimit(sql, "workspace", place!.share, readLimit("tokens/day=100")!);
  await allowModel(sql, place!.share, "scripted-1");
}

describe.each([
  ["Slack", "Acme", () => SlackStage.start()],
  ["Discord", "This server", () => DiscordStage.start()],
])("on %s", (_name, who, start) => {
  it("a budget that is reached is told once in the place", async () => {
    await using stage = await start();
    stage.provider.script = () => ["An answer."];
    await stage.perform({ who: "ada", says: "@redline link rfc" });
    await limitWorkspace(stage.sql);
    for (const says of ["@redline one?", "@redline two?", "@redline three?"]) {
      await stage.perform({ who: "bob", says });
    }
    const told = stage.seen().filter((line) => line.includes("budget"));
    expect(told).toEqual([
      expect.stringMatching(
        /has used its budget of 100 tokens for today\. The message is kept; answers resume at 00:00 UTC/,
      ),
    ]);
    expect(told[0]).toContain(who);
    expect(stage.seen().filter((line) => line.includes("An answer."))).toHaveLength(1);
  });
});

it("who runs a workspace reads in the status what it uses, and nobody else", async () => {
  await using stage = await SlackStage.start();
  await stage.perform({ who: "ada", says: "@redline link rfc" });
  await limitWorkspace(stage.sql);
  await stage.perform({ who: "bob", says: "@redline one?" });
  await stage.perform({ who: "ada", says: "@redline model scripted-2" });
  await stage.perform({ who: "bob", says: "@redline status" });
  await stage.perform({ who: "ada", says: "@redline status" });
  const { ada, bob } = stage.told();
  expect(ada[0]).toBe("The model “scripted-2” may not be used here; choose one of scripted-1.");
  expect(ada[1]).toContain(
    "Used today: $0, 101 tokens of 100 tokens (101 tokens of models without a known price)",
  );
  expect(bob.join()).toContain("This place is about");
  expect(bob.join()).not.toContain("Used today");
});
