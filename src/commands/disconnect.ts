import { disconnectAccount } from "../chat/accounts.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { takesNothing } from "./command.ts";

export const disconnect: CommandDefinition<Extract<Command, { kind: "disconnect" }>> = {
  name: "disconnect",
  usage: "disconnect",
  summary: "takes your account on GitHub off you again",
  parse: takesNothing({ kind: "disconnect" }),
  run: (_command, context) => disconnectAccount(context),
};
