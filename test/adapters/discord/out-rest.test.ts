import { RateLimitError } from "discord.js";
import type { REST, RouteLike } from "discord.js";
import { describe, expect, it, vi } from "vitest";

import { toChatError } from "../../../adapters/discord/errors.ts";
import { callDiscord, createDiscordRest } from "../../../adapters/discord/rest.ts";
import { HostBusy } from "../../../src/ports.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";

it("does not count answers to interactions with the bot's own calls", async () => {
  await using discord = await FakeDiscord.start();
  const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
  const answers = Array.from({ length: 120 }, (_, n) =>
    callDiscord(
      rest,
      {
        method: "POST",
        route: `/webhooks/${discord.app.id}/token-${n}`,
        body: { content: "An answer." },
        auth: false,
      },
      0,
    ).then(
      () => false,
      (error: unknown) => error instanceof RateLimitError,
    ),
  );
  expect(await Promise.all(answers)).not.toContain(true);
  const me = await callDiscord(rest, { method: "GET", route: "/users/@me" }, 0);
  expect(me).toMatchObject({ id: discord.app.botId });
});

it("does not wait for as long as the clock was set back", async () => {
  await using discord = await FakeDiscord.start();
  const channel = discord.addGuild("Acme").addChannel("rfcs");
  const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
  const real = Date.now;
  const post = (): Promise<unknown> => {
    const route: RouteLike = `/channels/${channel.id}/messages`;
    return callDiscord(rest, { method: "POST", route, body: { content: "A message." } }, 10_000);
  };
  try {
    vi.spyOn(Date, "now").mockImplementation(() => real() + 3_600_000);
    // As many as Discord takes at once.
    for (let call = 0; call < 5; call += 1) await post();
    // Its own clock was right, and goes on until it takes more.
    discord.clock.advance(3_600_000 + 10_000);
    vi.restoreAllMocks();
    expect(await post()).toMatchObject({ content: "A message." });
  } finally {
    vi.restoreAllMocks();
  }
});

describe("a token that is refused", () => {
  const HERE = { kind: "read", needs: "View Channel", now: 0 } as const;

  async function failure(rest: REST, route: RouteLike): Promise<Error> {
    const failed = await callDiscord(rest, { method: "GET", route }).catch(
      (error: unknown) => error,
    );
    return toChatError(failed, HERE);
  }

  it("once only is tried again", async () => {
    await using discord = await FakeDiscord.start();
    const { id } = discord.addGuild("Acme");
    const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
    discord.fail({ route: "GET /guilds/{guild_id}", status: 401, code: 0 });
    expect(await failure(rest, `/guilds/${id}`)).toBeInstanceOf(HostBusy);
    expect(await callDiscord(rest, { method: "GET", route: `/guilds/${id}` })).toMatchObject({
      id,
    });
  });

  it("for good is told so", async () => {
    await using discord = await FakeDiscord.start();
    const { id } = discord.addGuild("Acme");
    const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
    discord.resetToken();
    for (let call = 0; call < 2; call += 1) {
      const refused = await failure(rest, `/guilds/${id}`);
      expect(refused).toMatchObject({
        scope: "access",
        message: expect.stringContaining("DISCORD_TOKEN"),
      });
    }
  });
});

it("takes a refusal without Discord's code for one of this call alone", async () => {
  await using discord = await FakeDiscord.start();
  const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
  discord.fail({ status: 403, code: 0 });
  discord.fail({ status: 400 });
  for (let call = 0; call < 2; call += 1) {
    const failed = await callDiscord(rest, { method: "GET", route: "/users/@me" }).catch(
      (error: unknown) => error,
    );
    const told = toChatError(failed, { kind: "read", needs: "View Channel", now: 0 });
    expect(told).toMatchObject({ name: "PlaceRefused", scope: "content" });
  }
});
