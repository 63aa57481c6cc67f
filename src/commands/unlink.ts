import { heldLink } from "../chat/command-context.ts";
import { unlinkPlace } from "../chat/linking.ts";
import { assertAdmin } from "../chat/permissions.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const unlink: CommandDefinition<Extract<Command, { kind: "unlink" }>> = {
  name: "unlink",
  usage: "unlink",
  summary: "ends the discussion of the RFC in this place",
  parse: takesNothing({ kind: "unlink" }),
  async run(_command, context) {
    const { link, thread } = await heldLink(context);
    if (!context.isPrivate) await assertAdmin(context, "unlink a place");
    const { links } = context.services;
    const told = `This place is no longer linked to \`${thread.rfcSlug}\`; what was said stays at ${links.thread(thread.rfcSlug, thread.id)}`;
    await unlinkPlace(context, link, told);
    return forPerson(told);
  },
};
