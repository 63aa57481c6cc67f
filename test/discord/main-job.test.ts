import { expect, it } from "vitest";

import { block } from "../fakes/scripted-provider.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";

it("goes from a mention to a commit", async () => {
  await using world = await DiscordApp.start();
  const { ada, bob, discord } = world;
  const thread = await world.link();
  ada.says(thread, `${discord.mention} maintainers add ${bob.mention}`);
  await until(async () => world.replies(thread).some((text) => /bob.*may accept/i.test(text)));

  world.provider.script = (request) => [
    "An hour is kinder to the receiver.\n",
    block(request, "one minute", "one hour", "Receivers need time."),
  ];
  ada.says(thread, `${discord.mention} is a minute enough?`);
  const card = await until(async () =>
    world.visible(thread).find(({ text }) => text.includes("Pending")),
  );
  expect(world.replies(thread).join("\n")).toContain("An hour is kinder to the receiver.");

  await ada.presses(discord.message(thread, card.id), "Accept");
  await until(async () => world.told(ada).length > 0);
  expect(world.told(ada).at(-1)).toContain("maintainer");

  await bob.presses(discord.message(thread, card.id), "Accept");
  await until(async () =>
    world
      .visible(thread)
      .some(({ id, text }) => id === card.id && text.includes("Accepted by bob")),
  );
  await world.settled();
  expect(await world.repository.show("rfc.md")).toContain("sent after one hour.");
  const after = world.visible(thread).find(({ id }) => id === card.id)!;
  expect(JSON.stringify(after.components)).not.toContain('Accept"');
  expect(discord.pings).toEqual([]);
  expect(discord.thinking()).toEqual([]);
});
