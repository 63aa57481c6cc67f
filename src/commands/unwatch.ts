import { heldLink } from "../chat/command-context.ts";
import { unwatchRfc } from "../store/watches.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const unwatch: CommandDefinition<Extract<Command, { kind: "unwatch" }>> = {
  name: "unwatch",
  usage: "unwatch",
  summary: "takes the RFC off that list",
  parse: takesNothing({ kind: "unwatch" }),
  async run(_command, context) {
    const { thread } = await heldLink(context);
    await unwatchRfc(context.services.sql, context.user.id, thread.rfcSlug);
    return forPerson(`You do not watch \`${thread.rfcSlug}\` any more.`);
  },
};
