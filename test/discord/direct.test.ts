import { describe, expect, it } from "vitest";

import type { FakeUser } from "../fakes/discord/fake-user.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import { ask } from "./scene.ts";

/** What Redline said in a person's direct messages. */
const said = (world: DiscordApp, user: FakeUser): string[] => world.replies(user.direct);

describe("direct messages", () => {
  // Anybody on Discord may write them: no server says which documents they may read.
  it("link nothing, and say where that is done", async () => {
    await using world = await DiscordApp.start();
    const { bob, provider } = world;
    const elsewhere = expect.stringMatching(/^RFCs are discussed in the threads of a server, /);
    for (const words of ["What is this about?", "link rfc", "status"]) {
      const before = said(world, bob).length;
      bob.says(bob.direct, words);
      await until(async () => said(world, bob).length > before, words);
    }
    expect(said(world, bob)).toEqual([elsewhere, elsewhere, elsewhere]);
    const told = (): string[] => bob.told(bob.direct).map(({ text }) => text);
    await bob.runs(bob.direct, "/rfc link", { rfc: "rfc" });
    await until(async () => told().at(-1)?.startsWith("RFCs are discussed"), "the command");
    const answers = said(world, bob).length;
    const message = bob.says(bob.direct, "A minute hurts.");
    await until(async () => said(world, bob).length > answers, "the hint");
    const count = told().length;
    await bob.usesOn(message, "Discuss in RFC");
    await until(async () => told().length > count, "the menu");
    expect(told().at(-1)).toEqual(elsewhere);
    expect(await bob.completes(bob.direct, "/rfc link", "rfc", "")).toEqual([]);
    expect(bob.modal).toBeNull();
    expect(provider.requests).toEqual([]);
    expect(await world.app.sql`select 1 from threads`).toHaveLength(0);
  });

  it("still list the commands", async () => {
    await using world = await DiscordApp.start();
    const { bob } = world;
    bob.says(bob.direct, "help");
    await until(async () => said(world, bob).some((text) => text.includes("shows this list")));
  });

  it("that a person does not take are replaced by a word where they asked", async () => {
    await using world = await DiscordApp.start();
    const { bob, discord } = world;
    const thread = await world.link();
    discord.fail({
      route: "POST /channels/{channel_id}/messages",
      channelId: bob.direct.id,
      status: 403,
      code: 50_007,
    });
    ask(world, bob, thread, "status");
    await until(async () =>
      world
        .replies(thread)
        .some((text) => text.startsWith("I could not send you a direct message")),
    );
    expect(world.replies(thread).at(-1)).toContain("use `/rfc …`, whose answers only you see");
    expect(discord.pings).toEqual([]);
  });
});
