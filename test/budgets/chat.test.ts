/** What people read in chat. */
import { describe, expect, it } from "vitest";

import { readLimit } from "../../src/budgets/limit.ts";
import type { Sql } from "../../src/store/database.ts";
import { allowModel, putLimit } from "../../src/store/budgets.ts";
import { DiscordStage } from "../discord/stage.ts";
import { MirrorWorld } from "../mirroring/mirror-world.ts";
import { SlackStage } from "../slack/stage.ts";

/** The workspace of the linked place, before anything was asked there. */
async function limitWorkspace(sql: Sql): Promise<void> {
  const [place] = await sql<{ share: string }[]>`
    select platform || '/' || workspace_id as share from thread_links`;
  await putLimit(sql, "workspace", place!.share, readLimit("tokens/day=100")!);
  await allowModel(sql, place!.share, "scripted-1");
}

describe.each([
  ["Slack", () => SlackStage.start()],
  ["Discord", () => DiscordStage.start()],
])("on %s", (_name, start) => {
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
        /The workspace where this was asked has used its budget for today\. The message is kept; answers resume at 00:00 UTC/,
      ),
    ]);
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

it("another workspace reads of a budget neither whose it is nor how large", async () => {
  await using world = await MirrorWorld.start({ rulesFreshMs: 0 });
  const { slackChannel, team } = world.chats;
  const { sql } = world.app;
  world.provider.script = () => ["An answer."];
  const at = await world.linkBoth();
  const [ada] = await sql<{ share: string; userId: string }[]>`
    select platform || '/' || workspace_id as share, user_id
    from identities where platform = 'slack' and platform_user_id = ${world.chats.ada.id}`;
  await putLimit(sql, "workspace", ada!.share, readLimit("tokens/day=105")!);
  await putLimit(sql, "person", ada!.userId, readLimit("tokens/day=50")!);
  const inDiscord = (): string[] => world.chats.inDiscord(at.thread);
  const ask = async (who: "ada" | "bob", told: string): Promise<void> => {
    world.chats[who].says(slackChannel, `${team.mention} is it so?`, { threadTs: at.ts });
    await world.chats.shows(at.thread, told);
    await world.settled();
  };
  await ask("ada", "An answer.");
  await ask("ada", "Whoever asked has used their budget for today");
  await ask("bob", "For the maintainers: The workspace where this was asked has used at least");
  await ask("bob", "The workspace where this was asked has used its budget for today");
  const told = inDiscord().filter((line) => line.includes("budget"));
  expect(told).toHaveLength(3);
  expect(told.join("\n")).not.toMatch(/Acme|ada|tokens|\$|10[15]|202/);
});
