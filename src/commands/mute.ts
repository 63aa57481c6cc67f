import { heldLink } from "../chat/command-context.ts";
import { asCode } from "../chat/wording.ts";
import { mute as putMute } from "../store/watches.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";
import { parseScope } from "./scope.ts";

export const mute: CommandDefinition<Extract<Command, { kind: "mute" }>> = {
  name: "mute",
  usage: "mute [rfc]",
  summary: "tells you nothing more of this thread, or of the whole RFC",
  parse: parseScope("mute", "thread"),
  async run({ scope }, context) {
    const { thread } = await heldLink(context);
    const { rfcSlug } = thread;
    const { words } = context.platform;
    const about = scope === "thread" ? { rfcSlug, threadId: thread.id } : { rfcSlug };
    await putMute(context.services.sql, context.user.id, about);
    return forPerson(
      scope === "thread"
        ? `I tell you nothing more of this thread; ${asCode(words, "unmute")} ends that, and ${asCode(words, "mute rfc")} is for all of \`${rfcSlug}\`.`
        : `I tell you nothing more of \`${rfcSlug}\`; ${asCode(words, "unmute rfc")} ends that.`,
    );
  },
};
