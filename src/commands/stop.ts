import { heldLink } from "../chat/command-context.ts";
import { stopTurns } from "../chat/stopping.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const stop: CommandDefinition<Extract<Command, { kind: "stop" }>> = {
  name: "stop",
  usage: "stop",
  summary: "stops the answer that is being written",
  parse: takesNothing({ kind: "stop" }),
  async run(_command, context) {
    const { thread } = await heldLink(context);
    const stopped = await stopTurns(context.services, thread.id);
    return forPerson(stopped ? "The answer is stopped." : "There is no answer to stop.");
  },
};
