import { catchUp } from "../chat/catching-up.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { takesNothing } from "./command.ts";

export const catchup: CommandDefinition<Extract<Command, { kind: "catchup" }>> = {
  name: "catchup",
  usage: "catchup",
  summary: "tells you what happened here since you last read",
  parse: takesNothing({ kind: "catchup" }),
  run: (_command, context) => catchUp(context),
};
