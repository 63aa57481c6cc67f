import { describe, expect, test } from "vitest";
import { commandText } from "../../adapters/discord/commands.ts";
import { parseCommand } from "../../src/commands/grammar.ts";

const raise = (text: string) => ({ kind: "concern", act: "raise", text });

describe("concern", () => {
  test.each([
    ["concern Who pays?\nAnd when?", raise("Who pays?\nAnd when?")],
    ["concern resolve the naming first", raise("resolve the naming first")],
    ["concern withdraw 3 of the claims", raise("withdraw 3 of the claims")],
    ["concern resolve 3", { kind: "concern", act: "resolve", number: 3, why: "" }],
    [
      "concern resolve #3  It was  measured.",
      { kind: "concern", act: "resolve", number: 3, why: "It was  measured." },
    ],
    ["Concern Withdraw 12", { kind: "concern", act: "withdraw", number: 12 }],
    ["concern", { kind: "usage", command: "concern" }],
    ["concern resolve", { kind: "usage", command: "concern" }],
    ["concerns", { kind: "concerns" }],
  ])("reads %j", (text, command) => {
    expect(parseCommand(text, "mention")).toEqual(command);
    expect(parseCommand(`/rfc ${text}`, "slash")).toEqual(command);
  });

  test("leaves sentences to the model", () => {
    expect(parseCommand("concerns me that it is slow", "mention")).toBeNull();
    expect(parseCommand("what concerns are there?", "mention")).toBeNull();
  });
});

describe("propose-merge", () => {
  test.each([
    ["propose-merge", { kind: "propose-merge", act: "propose", days: null }],
    ["propose-merge 0", { kind: "propose-merge", act: "propose", days: 0 }],
    ["propose-merge 5 days", { kind: "propose-merge", act: "propose", days: 5 }],
    ["propose-merge Agree", { kind: "propose-merge", act: "agree" }],
    ["propose-merge object", { kind: "propose-merge", act: "object" }],
    ["propose-merge withdraw", { kind: "propose-merge", act: "withdraw" }],
    ["propose-merge soon", { kind: "usage", command: "propose-merge" }],
    ["propose-merge -1", { kind: "usage", command: "propose-merge" }],
    ["propose-merge withdraw now", { kind: "usage", command: "propose-merge" }],
  ])("reads %j", (text, command) => {
    expect(parseCommand(text, "mention")).toEqual(command);
  });
});

describe("on Discord", () => {
  const called = (name: string, act: string, ...options: object[]): string =>
    commandText({ options: [{ type: 2, name, options: [{ type: 1, name: act, options }] }] });

  test("the acts of a command are read by the same grammar", () => {
    const text = { type: 3, name: "text", value: "Who pays?" };
    expect(called("concern", "raise", text)).toBe("concern Who pays?");
    const reason = { type: 3, name: "reason", value: "We do." };
    const number = { type: 4, name: "concern", value: 3 };
    expect(called("concern", "resolve", reason, number)).toBe("concern resolve 3 We do.");
    expect(called("propose-merge", "ask")).toBe("propose-merge");
    expect(called("propose-merge", "ask", { type: 4, name: "days", value: 0 })).toBe(
      "propose-merge 0",
    );
    expect(called("propose-merge", "withdraw")).toBe("propose-merge withdraw");
  });
});
