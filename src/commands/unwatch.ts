import { heldLink } from "../chat/command-context.ts";
import { asCode } from "../chat/wording.ts";
import { unwatch as deleteWatch } from "../store/watches.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";
import { parseScope } from "./scope.ts";

export const unwatch: CommandDefinition<Extract<Command, { kind: "unwatch" }>> = {
  name: "unwatch",
  usage: "unwatch [thread]",
  summary: "ends that; `mute` also ends what you are told because you wrote here",
  parse: parseScope("unwatch", "rfc"),
  async run({ scope }, context) {
    const { thread } = await heldLink(context);
    const { rfcSlug } = thread;
    const { words } = context.platform;
    const about = scope === "thread" ? { rfcSlug, threadId: thread.id } : { rfcSlug };
    const was = await deleteWatch(context.services.sql, context.user.id, about);
    const what = scope === "thread" ? "this thread" : `\`${rfcSlug}\``;
    const said = was ? `You do not watch ${what} any more.` : `You do not watch ${what}.`;
    const mute = asCode(words, scope === "thread" ? "mute" : "mute rfc");
    return forPerson(
      `${said} Of threads that you wrote in you still hear; ${mute} ends that, too.`,
    );
  },
};
