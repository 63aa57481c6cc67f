import { heldLink } from "../chat/command-context.ts";
import { watchRfc } from "../store/watches.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const watch: CommandDefinition<Extract<Command, { kind: "watch" }>> = {
  name: "watch",
  usage: "watch",
  summary: "puts the RFC on the list of those that you watch",
  parse: takesNothing({ kind: "watch" }),
  async run(_command, context) {
    const { thread } = await heldLink(context);
    await watchRfc(context.services.sql, context.user.id, thread.rfcSlug);
    return forPerson(`You watch \`${thread.rfcSlug}\` now; \`unwatch\` ends it.`);
  },
};
