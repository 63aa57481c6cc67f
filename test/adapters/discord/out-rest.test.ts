import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { RateLimitError, REST } from "discord.js";
import type { RouteLike } from "discord.js";
import { describe, expect, it, vi } from "vitest";

import { toChatError } from "../../../adapters/discord/errors.ts";
import { callDiscord, createDiscordRest } from "../../../adapters/discord/rest.ts";
import { HostBusy } from "../../../src/ports.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import { countKept } from "../../support/process-health.ts";

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

describe("of calls that are over", () => {
  const CALLS = 40;

  /** It is refused, as nobody asked. */
  async function answer(rest: REST, appId: string, signal?: AbortSignal): Promise<void> {
    const route: RouteLike = `/webhooks/${appId}/token-${Math.random()}`;
    const body = { content: "An answer." };
    const own = signal ? { signal } : {};
    const call = callDiscord(rest, { method: "POST", route, body, auth: false, ...own }, 0);
    await expect(call).rejects.toThrow("Unknown Webhook");
  }

  it("keeps no signal while what could end them lives on", async () => {
    await using discord = await FakeDiscord.start();
    const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
    const { makeRequest } = rest.options;
    const signals: WeakRef<object>[] = [];
    rest.options.makeRequest = (url, init) => {
      signals.push(new WeakRef(init.signal!));
      return makeRequest(url, init);
    };
    const long = new AbortController();
    for (let call = 0; call < CALLS; call += 1) await answer(rest, discord.app.id, long.signal);
    // A client keeps the last call of a connection.
    await expect.poll(() => countKept(signals)).toBeLessThan(CALLS / 4);
    expect([signals.length, long.signal.aborted]).toEqual([CALLS, false]);
  });

  it("ends one whose body does not come, also after garbage was collected", async () => {
    const server = createServer((_request, response) => response.write("{"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const apiUrl = `http://127.0.0.1:${port}`;
    try {
      const rest = createDiscordRest({ token: "token", apiUrl, timeoutMs: 1_000 });
      const { signal } = new AbortController();
      const begun = once(server, "request");
      const request = { method: "GET", route: "/users/@me", signal } as const;
      const failed = callDiscord(rest, request, 0).catch((error: unknown) => error);
      await begun;
      countKept([]);
      expect(await failed).toBeInstanceOf(Error);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("forgets each interaction's limits within minutes", async () => {
    await using discord = await FakeDiscord.start();
    const request = vi.spyOn(REST.prototype, "request");
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
      for (let call = 0; call < CALLS; call += 1) await answer(rest, discord.app.id);
      const { handlers } = request.mock.contexts[0] as REST;
      expect(handlers.size).toBe(CALLS);
      vi.advanceTimersByTime(120_000);
      expect(handlers.size).toBe(0);
    } finally {
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });
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
