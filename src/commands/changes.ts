import { heldLink, reachOf } from "../chat/command-context.ts";
import { describeOpenChanges } from "../chat/descriptions.ts";
import { listReachableChanges } from "../store/workspaces.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const changes: CommandDefinition<Extract<Command, { kind: "changes" }>> = {
  name: "changes",
  usage: "changes",
  summary: "lists the changes that are to be decided",
  parse: takesNothing({ kind: "changes" }),
  async run(_command, context) {
    const { sql, links } = context.services;
    const held = await heldLink(context);
    const { thread } = held;
    const open = await listReachableChanges(sql, reachOf(context, held), thread.rfcSlug, [
      "pending",
    ]);
    return forPerson(
      describeOpenChanges(open, links.thread(thread.rfcSlug, thread.id), context.platform.words),
    );
  },
};
