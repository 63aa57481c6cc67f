import { heldLink } from "../chat/command-context.ts";
import { describeConcerns } from "../chat/descriptions.ts";
import { concernsHere } from "../chat/raising.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const concerns: CommandDefinition<Extract<Command, { kind: "concerns" }>> = {
  name: "concerns",
  usage: "concerns",
  summary: "lists the concerns that are open",
  parse: takesNothing({ kind: "concerns" }),
  async run(_command, context) {
    const { services, platform } = context;
    const held = await heldLink(context);
    const open = await concernsHere(context, held);
    const { rfcSlug, id } = held.thread;
    return forPerson(describeConcerns(open, services.links.thread(rfcSlug, id), platform.words));
  },
};
