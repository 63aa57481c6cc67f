import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command, CommandName } from "../../src/commands/command.ts";
import { COMMANDS, definitionOf, parseCommand } from "../../src/commands/grammar.ts";

const URL = "https://github.com/acme/rfcs/pull/12";
/** Of a link without a choice or a code. */
const PLAIN = { code: null, choice: null };
const CODE = "join:0123-4567-89AB-CDEF";
const LINK = { kind: "link", path: null, question: null, ...PLAIN } as const;
const NAMES = Object.keys(COMMANDS) as CommandName[];

describe("a mention", () => {
  const commands: [string, Command][] = [
    ["link my-rfc", { kind: "link", target: "my-rfc", path: null, question: null, ...PLAIN }],
    ["Link My-RFC", { kind: "link", target: "my-rfc", path: null, question: null, ...PLAIN }],
    [`link ${URL}`, { kind: "link", target: URL, path: null, question: null, ...PLAIN }],
    [
      `link ${URL} text/a.md`,
      { kind: "link", target: URL, path: "text/a.md", question: null, ...PLAIN },
    ],
    [
      `link ${URL}/files what is new?`,
      { kind: "link", target: `${URL}/files`, path: null, question: "what is new?", ...PLAIN },
    ],
    [URL, { kind: "link", target: URL, path: null, question: null, ...PLAIN }],
    [
      `${URL}#issuecomment-1\nwhat is new?`,
      {
        kind: "link",
        target: `${URL}#issuecomment-1`,
        path: null,
        question: "what is new?",
        ...PLAIN,
      },
    ],
    ["link my-rfc new", { ...LINK, target: "my-rfc", choice: "new" }],
    ["link my-rfc Join #2", { ...LINK, target: "my-rfc", choice: { join: 2 } }],
    [`link ${URL} join 2`, { ...LINK, target: URL, choice: { join: 2 } }],
    [`${URL} new`, { ...LINK, target: URL, choice: "new" }],
    [`link ${URL} text/a.md new`, { ...LINK, target: URL, path: "text/a.md", choice: "new" }],
    [`link ${CODE}`, { ...LINK, target: "", code: CODE }],
    ["share", { kind: "share" }],
    ["unlink", { kind: "unlink" }],
    [" status\n", { kind: "status" }],
    ["accept 3", { kind: "accept", number: 3 }],
    ["accept #3", { kind: "accept", number: 3 }],
    ["`accept 3`", { kind: "accept", number: 3 }],
    ["/rfc accept 3", { kind: "accept", number: 3 }],
    ["decline 3", { kind: "decline", number: 3, reason: "" }],
    [
      "decline 3 too long,\nsee  above",
      { kind: "decline", number: 3, reason: "too long,\nsee  above" },
    ],
    ["model", { kind: "model", model: null }],
    ["model Claude-X", { kind: "model", model: "Claude-X" }],
    ["mode Follow", { kind: "mode", mode: "follow" }],
    ["mode", { kind: "mode", mode: null }],
    ["connect", { kind: "connect", joins: false }],
    ["connect Join", { kind: "connect", joins: true }],
    ["disconnect", { kind: "disconnect" }],
    ["maintainers", { kind: "maintainers", act: "list" }],
    ["maintainers add <@U1>", { kind: "maintainers", act: "add", who: "<@U1>", of: null }],
    ["maintainers add <@U1> rfc", { kind: "maintainers", act: "add", who: "<@U1>", of: "rfc" }],
    [
      "maintainers remove @Ada Lovelace",
      { kind: "maintainers", act: "remove", who: "@Ada Lovelace", of: null },
    ],
    ["watch", { kind: "watch", scope: "rfc" }],
    ["watch Thread", { kind: "watch", scope: "thread" }],
    ["unwatch thread", { kind: "unwatch", scope: "thread" }],
    ["mute", { kind: "mute", scope: "thread" }],
    ["mute rfc", { kind: "mute", scope: "rfc" }],
    ["unmute rfc", { kind: "unmute", scope: "rfc" }],
    ["help", { kind: "help" }],
  ];
  it.each(commands)("%j is a command", (text, command) => {
    expect(parseCommand(text, "mention")).toEqual(command);
    expect(parseCommand(text, "slash")).toEqual(command);
  });

  it.each([
    "",
    "accept the second wording please",
    "accept 3 and drop the rest",
    "accept 0",
    "decline it politely in the text",
    "help me reword this",
    "link the two sections",
    "link rfc join two",
    "share it with them",
    "unlink the second one",
    "status codes are missing",
    "changes since yesterday?",
    "model the retries as a queue",
    "mode of operation is unclear",
    "maintainers should be named",
    "maintainers add value here",
    "stop repeating the word",
    "hello",
    "linq",
    "what does accept 3 do?",
    `what does ${URL} say?`,
    "https://example.org/rfcs is where it was",
  ])("%j is a question to the model", (text) => {
    expect(parseCommand(text, "mention")).toBeNull();
  });

  it.each([
    ["link", "link"],
    ["accept", "accept"],
    ["decline", "decline"],
    ["mode loud", "mode"],
    ["maintainers add", "maintainers"],
    ["link https://example.org is it", "link"],
  ])("%j is told how it is used", (text, command) => {
    expect(parseCommand(text, "mention")).toEqual({ kind: "usage", command });
  });

  it("with a slip of the fingers is told what was meant, if it takes just that", () => {
    const slip = { kind: "unknown", word: "acept", nearest: "accept" };
    expect(parseCommand("acept 3", "mention")).toEqual(slip);
    expect(parseCommand("acept that", "mention")).toBeNull();
  });
});

describe("/rfc", () => {
  it("says what may have been meant, and of known words how they are used", () => {
    expect(parseCommand("", "slash")).toEqual({ kind: "help" });
    expect(parseCommand("lnik x", "slash")).toEqual({
      kind: "unknown",
      word: "lnik",
      nearest: "link",
    });
    expect(parseCommand("Frobnicate x", "slash")).toEqual({
      kind: "unknown",
      word: "Frobnicate",
      nearest: null,
    });
    expect(parseCommand("help me", "slash")).toEqual({ kind: "usage", command: "help" });
  });

  it("is never silent", () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(parseCommand(text, "slash")).not.toBeNull();
      }),
    );
  });
});

it("reads anything without throwing, and the same with white space around it", () => {
  fc.assert(
    fc.property(anyText(), fc.constantFrom("mention", "slash"), (text, from) => {
      const parsed = parseCommand(text, from);
      expect(parseCommand(` \n${text}\t `, from)).toEqual(parsed);
    }),
  );
});

it("reads every command that can be written, from wherever it is written", () => {
  fc.assert(
    fc.property(anyCommand(), fc.constantFrom("mention", "slash"), (command, from) => {
      expect(parseCommand(format(command), from)).toEqual(command);
    }),
  );
});

it.each(NAMES)("%s does what its usage says", (name) => {
  const { usage } = definitionOf(name);
  const filled = usage
    .replace("<slug or PR URL>", URL)
    .replace("[@user]", "<@U1>")
    .replace("N", "12")
    .replace("[id]", "some-model")
    .replace("[time zone]", "Europe/Berlin")
    .replace(/\[(thread|rfc|join)\]/, "$1")
    .replace(/\[(\w+)(?:\|[\w ]+)+\]/g, "$1")
    .replace(/(\w+)(?:\|\w+)+/g, "$1");
  expect(filled.split(" ")[0]).toBe(name);
  expect(parseCommand(filled, "mention")).toMatchObject({ kind: name });
});

function anyText(): fc.Arbitrary<string> {
  const words = fc.constantFrom(
    ...NAMES,
    "3",
    "#3",
    URL,
    "<@U1>",
    "add",
    "list",
    "`",
    "/rfc",
    ">",
    "\n",
  );
  const mixed = fc.array(fc.oneof(words, fc.string({ unit: "binary", maxLength: 6 })), {
    maxLength: 6,
  });
  return fc.oneof(
    fc.string({ unit: "binary" }),
    mixed.map((parts) => parts.join(" ")),
  );
}

function anyCommand(): fc.Arbitrary<Command> {
  const number = fc.integer({ min: 1, max: 999_999_999 });
  const word = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
  const sentence = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(" "));
  const bare = fc.constantFrom("share", "unlink", "status", "changes", "stop", "help");
  const scope = fc.constantFrom("rfc", "thread");
  const scoped = fc.constantFrom("watch", "unwatch", "mute", "unmute");
  return fc.oneof(
    bare.map((kind): Command => ({ kind })),
    fc.record({ kind: scoped, scope }),
    word.map((target): Command => ({ kind: "link", target, path: null, question: null, ...PLAIN })),
    fc.record({ kind: fc.constant("accept"), number }),
    fc.record({
      kind: fc.constant("decline"),
      number,
      reason: fc.oneof(fc.constant(""), sentence),
    }),
    fc.record({ kind: fc.constant("model"), model: fc.option(word) }),
    fc.record({
      kind: fc.constant("mode"),
      mode: fc.option(fc.constantFrom("mention", "follow", "quiet")),
    }),
    fc.record({
      kind: fc.constant("maintainers"),
      act: fc.constantFrom("add", "remove"),
      who: word.map((name) => `@${name}`),
      of: fc.constantFrom(null, "rfc"),
    }),
    fc.constant<Command>({ kind: "maintainers", act: "list" }),
  );
}

function format(command: Command): string {
  const { kind, ...given } = command;
  const words = Object.values(given).filter((value) => value !== null && value !== "");
  return [kind, ...words].join(" ");
}
