import { expect, it } from "vitest";

import { block } from "../fakes/scripted-provider.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";

it.each(["socket", "http"] as const)("goes from a mention to a commit by %s", async (mode) => {
  await using world = await SlackApp.start({ mode });
  const { ada, bob, channel, team, slack } = world;
  const thread = await world.link();
  ada.says(channel, `${team.mention} maintainers add <@${bob.id}>`, { threadTs: thread });
  await until(async () => world.replies(thread).some((text) => /bob.*may accept/i.test(text)));

  world.provider.script = (request) => [
    "An hour is kinder to the receiver.\n",
    block(request, "one minute", "one hour", "Receivers need time."),
  ];
  ada.says(channel, `${team.mention} is a minute enough?`, { threadTs: thread });
  const card = await until(async () =>
    world.visible(thread).find(({ text }) => text.includes("Pending")),
  );
  expect(world.replies(thread).join("\n")).toContain("An hour is kinder to the receiver.");

  await ada.clicks(channel, card.ts, "redline:accept");
  await until(async () => world.told(ada).length > 0);
  expect(world.told(ada).at(-1)).toContain("maintainer");

  await bob.clicks(channel, card.ts, "redline:accept");
  await until(async () =>
    world
      .visible(thread)
      .some(({ ts, text }) => ts === card.ts && text.includes("Accepted by bob")),
  );
  await world.settled();
  expect(await world.repository.show("rfc.md")).toContain("sent after one hour.");
  const after = world.visible(thread).find(({ ts }) => ts === card.ts)!;
  expect(JSON.stringify(after.blocks)).not.toContain("redline:accept");
  expect(slack.pings).toEqual([]);
});
