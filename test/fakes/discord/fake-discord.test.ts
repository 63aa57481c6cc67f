import {
  ButtonBuilder,
  ButtonStyle,
  ContainerBuilder,
  Events,
  MessageFlags,
  ModalBuilder,
  Routes,
  SlashCommandBuilder,
  TextInputStyle,
} from "discord.js";
import type { Interaction, Message } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../support/test-app.ts";
import { ready, restClient } from "./clients.ts";
import { FakeDiscord } from "./fake-discord.ts";
import type { FakeGuild } from "./fake-guild.ts";
import type { FakeUser } from "./fake-user.ts";
import type { Channel } from "./model.ts";

let discord: FakeDiscord;
let guild: FakeGuild;
let ada: FakeUser;
let rfcs: Channel;

beforeEach(async () => {
  discord = await FakeDiscord.start({ gateway: { identifyInterval: 0 } });
  guild = discord.addGuild("Acme");
  ada = guild.addMember("ada", ["MANAGE_GUILD"]);
  rfcs = guild.addChannel("rfcs");
});

afterEach(async () => {
  await discord.dispose();
});

const QUIET = { parse: [], repliedUser: false };

const GREETING = {
  ...new SlashCommandBuilder()
    .setName("rfc")
    .setDescription("RFCs")
    .addSubcommand((sub) =>
      sub
        .setName("link")
        .setDescription("Links a thread")
        .addStringOption((option) =>
          option.setName("slug").setDescription("Which").setRequired(true).setAutocomplete(true),
        ),
    )
    .toJSON(),
};

describe("a client of discord.js", () => {
  it("hears people, and answers, edits and deletes", async () => {
    await using app = await ready(discord, { allowedMentions: QUIET });
    expect(app.client.user.id).toBe(discord.app.botId);
    expect(app.client.channels.cache.get(rfcs.id)?.isTextBased()).toBe(true);
    const heard: Message[] = [];
    app.client.on(Events.MessageCreate, (message) => void heard.push(message));
    const asked = ada.says(rfcs, `${discord.mention} what about section 2?`);
    await until(async () => heard.length === 1, "the message");
    expect(heard[0]?.content).toBe(asked.content);
    expect(heard[0]?.mentions.has(discord.app.botId)).toBe(true);
    const reply = await heard[0]!.reply("Hello");
    expect(discord.visible(rfcs).at(-1)).toMatchObject({ text: "Hello", repliesTo: asked.id });
    await reply.edit("Hello, Ada");
    expect(discord.lines(rfcs).at(-1)).toBe("Redline: Hello, Ada");
    await reply.delete();
    expect(discord.visible(rfcs)).toHaveLength(1);
    expect(discord.pings).toEqual([]);
  });

  it("runs commands, opens forms, and answers buttons", async () => {
    await using app = await ready(discord);
    await app.client.rest.put(Routes.applicationCommands(discord.app.id), { body: [GREETING] });
    app.client.on(Events.InteractionCreate, (interaction) => void answer(interaction));
    expect(await ada.completes(rfcs, "/rfc link", "slug", "r")).toEqual([
      { name: "The RFC", value: "rfc" },
    ]);
    await ada.runs(rfcs, "/rfc link", { slug: "rfc" });
    await until(async () => ada.told(rfcs)[0]?.isThinking === false, "the answer");
    const [told] = ada.told(rfcs);
    expect(told?.text).toBe("Linked rfc\n[Decline]");
    expect(discord.visible(rfcs)).toEqual([]);
    await ada.presses(discord.message(rfcs, told!.id), "Decline");
    expect(ada.modal?.title).toBe("Why?");
    await ada.submits(ada.modal!, { reason: "too slow" });
    await until(async () => ada.told(rfcs).length === 2, "the follow-up");
    expect(ada.told(rfcs)[1]?.text).toBe("Declined: too slow");
    expect(ada.modal).toBeNull();
    expect(discord.thinking()).toEqual([]);
  });
});

async function answer(interaction: Interaction): Promise<void> {
  if (interaction.isAutocomplete()) {
    await interaction.respond([{ name: "The RFC", value: "rfc" }]);
  } else if (interaction.isChatInputCommand()) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const container = new ContainerBuilder()
      .setAccentColor(0xff_00_00)
      .addTextDisplayComponents((text) =>
        text.setContent(`Linked ${interaction.options.getString("slug")}`),
      )
      .addActionRowComponents((row) =>
        row.addComponents(
          new ButtonBuilder().setCustomId("no").setLabel("Decline").setStyle(ButtonStyle.Danger),
        ),
      );
    await interaction.editReply({ components: [container], flags: MessageFlags.IsComponentsV2 });
  } else if (interaction.isButton()) {
    const modal = new ModalBuilder()
      .setCustomId("why")
      .setTitle("Why?")
      .addLabelComponents((label) =>
        label
          .setLabel("Reason")
          .setTextInputComponent((input) =>
            input.setCustomId("reason").setStyle(TextInputStyle.Paragraph),
          ),
      );
    await interaction.showModal(modal);
  } else if (interaction.isModalSubmit()) {
    await interaction.deferUpdate();
    const content = `Declined: ${interaction.fields.getTextInputValue("reason")}`;
    await interaction.followUp({ content, flags: MessageFlags.Ephemeral });
  }
}

describe("REST", () => {
  it("posts once for one nonce", async () => {
    const rest = restClient(discord);
    const body = { content: "once", nonce: "abc", enforce_nonce: true };
    const first = (await rest.post(Routes.channelMessages(rfcs.id), { body })) as { id: string };
    const second = (await rest.post(Routes.channelMessages(rfcs.id), { body })) as { id: string };
    expect(second.id).toBe(first.id);
    expect(discord.visible(rfcs)).toHaveLength(1);
  });
});
