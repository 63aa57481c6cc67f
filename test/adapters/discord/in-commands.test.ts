import { describe, expect, it } from "vitest";

import {
  commandDefinitions,
  commandText,
  focusedOption,
} from "../../../adapters/discord/commands.ts";
import { PERMISSIONS, intentsFor, inviteLink } from "../../../adapters/discord/intents.ts";
import { sameCommands } from "../../../adapters/discord/setup.ts";
import type { Json } from "../../../src/json.ts";
import { list, record } from "../../../src/json.ts";
import { COMMANDS, parseCommand } from "../../../src/commands/grammar.ts";

const [rfc = {}, ...menus] = commandDefinitions();

/** Every command, subcommand and option. */
function nodesOf(node: Json): Json[] {
  return [node, ...list(node["options"]).flatMap((option) => nodesOf(record(option)))];
}

const sub = (name: string, options: object[] = []): Json => ({
  name: "rfc",
  options: [{ type: 1, name, options }],
});

describe("the commands as Discord knows them", () => {
  it("are all that there are, by their own names", () => {
    const names = list(rfc["options"]).map((option) => record(option)["name"]);
    expect(names).toEqual(Object.keys(COMMANDS));
    expect(menus.map(({ name }) => name)).toEqual(["Discuss in RFC", "Propose edit"]);
  });

  it("keep Discord's bounds", () => {
    for (const node of nodesOf(rfc)) {
      expect(node["name"]).toMatch(/^[-_\p{Ll}\p{N}]{1,32}$/u);
      expect(String(node["description"])).toMatch(/^.{1,100}$/su);
      expect(list(node["options"]).length).toBeLessThanOrEqual(25);
      for (const choice of list(node["choices"])) {
        expect(String(record(choice)["name"])).toMatch(/^.{1,100}$/su);
      }
      // Required options stand before the others.
      const required = list(node["options"]).map((option) => record(option)["required"] === true);
      expect(required).toEqual(required.toSorted((a, b) => Number(b) - Number(a)));
    }
    expect(JSON.stringify(rfc).length).toBeLessThan(8_000);
  });

  it.each<[Json, string, object]>([
    [sub("help"), "help", { kind: "help" }],
    [
      sub("link", [{ type: 3, name: "rfc", value: "my-rfc" }]),
      "link my-rfc",
      { kind: "link", target: "my-rfc" },
    ],
    [
      sub("link", [
        { type: 3, name: "path", value: "rfcs/a.md" },
        { type: 3, name: "rfc", value: "https://github.com/o/r/pull/3" },
      ]),
      "link https://github.com/o/r/pull/3 rfcs/a.md",
      { kind: "link", path: "rfcs/a.md" },
    ],
    [
      sub("decline", [
        { type: 3, name: "reason", value: "too\nearly" },
        { type: 4, name: "change", value: 3 },
      ]),
      "decline 3 too\nearly",
      { kind: "decline", number: 3, reason: "too\nearly" },
    ],
  ])("%j is read as %j", (data, text, command) => {
    expect(commandText(data)).toBe(text);
    expect(parseCommand(commandText(data), "slash")).toMatchObject(command);
  });

  it.each([
    [{ type: 6, name: "user", value: "123456" }, {}, "<@123456>"],
    [{ type: 8, name: "role", value: "123456" }, {}, "<@&123456>"],
    [{ type: 9, name: "who", value: "123456" }, { roles: { "123456": {} } }, "<@&123456>"],
    [{ type: 9, name: "who", value: "123456" }, { users: { "123456": {} } }, "<@123456>"],
  ])("names who is meant in %j", (option, resolved, mention) => {
    const options = [
      { type: 2, name: "maintainers", options: [{ type: 1, name: "add", options: [option] }] },
    ];
    const text = commandText({ name: "rfc", options, resolved });
    expect(text).toBe(`maintainers add ${mention}`);
    const read = { kind: "maintainers", act: "add", who: mention, of: null };
    expect(parseCommand(text, "slash")).toEqual(read);
  });

  it("knows what is being written", () => {
    const typing = { type: 4, name: "change", value: "1", focused: true };
    expect(focusedOption(sub("accept", [typing]))).toEqual({
      command: "accept",
      typed: "1",
      isNumber: true,
    });
    expect(focusedOption(sub("help"))).toBeNull();
  });

  it("are registered again only where they differ", () => {
    const wanted = commandDefinitions();
    const known = wanted.map((command, at) => ({
      ...command,
      id: String(at),
      version: "1",
      nsfw: false,
      name_localizations: null,
      default_member_permissions: null,
    }));
    expect(sameCommands(known.toReversed(), wanted)).toBe(true);
    expect(sameCommands(known.slice(1), wanted)).toBe(false);
    const renamed = known.map((command) => ({ ...command, description: "Something else" }));
    expect(sameCommands(renamed, wanted)).toBe(false);
  });
});

describe("what is asked of Discord", () => {
  it("is the least", () => {
    // Guilds 1, GuildMessages 512, DirectMessages 4096, MessageContent 32768.
    expect(intentsFor(true)).toBe(1 + 512 + 4096 + 32_768);
    expect(intentsFor(false)).toBe(1 + 512 + 4096);
  });

  it("stands in the invite link", () => {
    const url = new URL(inviteLink("42", "77"));
    expect(url.searchParams.get("client_id")).toBe("42");
    expect(url.searchParams.get("scope")).toBe("bot applications.commands");
    expect(url.searchParams.get("guild_id")).toBe("77");
    const asked = BigInt(url.searchParams.get("permissions")!);
    expect(asked).toBe(PERMISSIONS.reduce((sum, { bit }) => sum + bit, 0n));
    // Nothing that would let it do harm: ADMINISTRATOR, MANAGE_GUILD, MENTION_EVERYONE.
    expect(asked & ((1n << 3n) | (1n << 5n) | (1n << 17n))).toBe(0n);
  });
});
