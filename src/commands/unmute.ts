import { heldLink } from "../chat/command-context.ts";
import { asCode } from "../chat/wording.ts";
import { hasMutedRfc, unmute as deleteMute } from "../store/watches.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";
import { parseScope } from "./scope.ts";

export const unmute: CommandDefinition<Extract<Command, { kind: "unmute" }>> = {
  name: "unmute",
  usage: "unmute [rfc]",
  summary: "lets you hear of this thread again, or of the RFC",
  parse: parseScope("unmute", "thread"),
  async run({ scope }, context) {
    const { thread } = await heldLink(context);
    const { rfcSlug } = thread;
    const { services, user, platform } = context;
    const about = scope === "thread" ? { rfcSlug, threadId: thread.id } : { rfcSlug };
    const was = await deleteMute(services.sql, user.id, about);
    const what = scope === "thread" ? "This thread" : `\`${rfcSlug}\``;
    const said = was ? `${what} is not muted any more.` : `${what} was not muted.`;
    const isStill = scope === "thread" && (await hasMutedRfc(services.sql, user.id, rfcSlug));
    if (!isStill) return forPerson(said);
    const all = asCode(platform.words, "unmute rfc");
    return forPerson(`${said} You have muted the whole of \`${rfcSlug}\`; ${all} ends that.`);
  },
};
