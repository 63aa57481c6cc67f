import { connectAccount } from "../chat/accounts.ts";
import type { Command, CommandDefinition } from "./command.ts";

export const connect: CommandDefinition<Extract<Command, { kind: "connect" }>> = {
  name: "connect",
  usage: "connect [join]",
  summary: "shows whose account on GitHub you are, so that what you may do there counts here",
  parse({ words }) {
    if (words.length === 0) return { kind: "connect", joins: false };
    const isJoin = words.length === 1 && words[0]!.toLowerCase() === "join";
    return isJoin ? { kind: "connect", joins: true } : null;
  },
  run: ({ joins }, context) => connectAccount(context, joins),
};
