import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { commandDefinitions } from "../../adapters/discord/commands.ts";
import { discordSetup } from "../../src/main/setup-discord.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { runRedline } from "../support/command-line.ts";

let discord: FakeDiscord;
beforeEach(async () => {
  discord = await FakeDiscord.start();
});
afterEach(() => discord.dispose());

const environment = (): Record<string, string> => ({
  DISCORD_TOKEN: discord.token,
  DISCORD_API_URL: discord.apiUrl,
});

describe("setup discord", () => {
  it("prints the link and what it asks for, and registers the commands once", async () => {
    const first = await runRedline(["setup", "discord"], environment());
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(`client_id=${discord.app.id}`);
    expect(first.stdout).toMatch(/Manage Threads +tags and reopening \(optional\)/);
    expect(first.stdout).toContain("The commands are registered now, on every server.");
    const again = await runRedline(["setup", "discord"], environment());
    expect(again.stdout).toContain("The commands were registered already, on every server.");
    const puts = discord.requestsOf("PUT /applications/{application_id}/commands");
    expect(puts).toHaveLength(1);
    expect(puts[0]!.body).toEqual(commandDefinitions());
  });

  it("registers them in one server", async () => {
    const guild = discord.addGuild("Acme");
    const { stdout } = await runRedline(["setup", "discord", guild.id], environment());
    expect(stdout).toContain(`guild_id=${guild.id}`);
    expect(stdout).toContain(`The commands are registered now, on the server ${guild.id}.`);
  });

  it("says in one line that the token is wrong, and without one where it comes from", async () => {
    const wrong = await runRedline(["setup", "discord"], {
      ...environment(),
      DISCORD_TOKEN: "wrong",
    });
    expect(wrong.code).toBe(1);
    expect(wrong.errors).toEqual([expect.stringMatching(/^redline: .*DISCORD_TOKEN/)]);
    const none = await runRedline(["setup", "discord"], {});
    expect(none.code).toBe(1);
    expect(none.stdout).toContain("DISCORD_TOKEN");
  });

  it("says which servers may discuss what", async () => {
    const words = async (more: Record<string, string> = {}): Promise<string> =>
      (await runRedline(["setup", "discord"], { ...environment(), ...more })).stdout;
    expect(await words()).toContain("only its owner invites it");
    discord.app.isPublic = true;
    expect(await words()).toContain("redline repositories allow discord <server id> <owner/name>");
    const { id } = discord.addGuild("Acme");
    expect(await words({ DISCORD_GUILD_ID: id })).toContain(`only the server ${id} is served`);
  });

  it("names the switch that is to be set", () => {
    const app = { id: "1", name: "Redline", mayReadContent: false, isPublic: false };
    const words = (readsContent: boolean, mayReadContent: boolean): string =>
      discordSetup({ ...app, mayReadContent }, { readsContent, guildId: null, configured: null });
    expect(words(true, false)).toContain("Switch on “Message Content Intent”");
    expect(words(true, true)).toContain("as it has to be");
    expect(words(false, false)).toContain("no privileged intent is needed");
  });
});
