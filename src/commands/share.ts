import { shareThread } from "../chat/sharing.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { takesNothing } from "./command.ts";

export const share: CommandDefinition<Extract<Command, { kind: "share" }>> = {
  name: "share",
  usage: "share",
  summary: "gives you a code: `link <code>` joins another place to this conversation",
  parse: takesNothing({ kind: "share" }),
  run: (_command, context) => shareThread(context),
};
