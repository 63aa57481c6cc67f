import type { CommandContext } from "../chat/command-context.ts";
import { heldLink } from "../chat/command-context.ts";
import { asCode } from "../chat/wording.ts";
import { UserError } from "../errors.ts";
import { hasMutedRfc, watch as putWatch } from "../store/watches.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";
import { parseScope } from "./scope.ts";

export const watch: CommandDefinition<Extract<Command, { kind: "watch" }>> = {
  name: "watch",
  usage: "watch [thread]",
  summary: "tells you in your digest of what is written about the RFC; or in this thread alone",
  parse: parseScope("watch", "rfc"),
  async run({ scope }, context) {
    const { thread } = await heldLink(context);
    const { rfcSlug } = thread;
    const { services, user } = context;
    if (scope === "rfc") assertOfHere(context);
    const about = scope === "thread" ? { rfcSlug, threadId: thread.id } : { rfcSlug };
    await putWatch(services.sql, user.id, about);
    const isMuted = scope === "thread" && (await hasMutedRfc(services.sql, user.id, rfcSlug));
    return forPerson(describe(context, rfcSlug, scope, isMuted));
  },
};

/** Somebody of another workspace hears of the threads that they are in, and of no others. */
function assertOfHere({ by, platform: { words } }: CommandContext): void {
  if (!by.isOutsider) return;
  throw new UserError(
    "forbidden",
    `You are a guest in this ${words.workspace}, and hear of the threads that you are in: ${asCode(words, "watch thread")} watches this one.`,
  );
}

function describe(
  { platform: { words } }: CommandContext,
  rfcSlug: string,
  scope: "rfc" | "thread",
  isMuted: boolean,
): string {
  const end = asCode(words, scope === "thread" ? "unwatch thread" : "unwatch");
  const what = scope === "thread" ? "this thread" : `\`${rfcSlug}\``;
  const watched = `You watch ${what} now; ${end} ends it, and ${asCode(words, "notify")} says how you are told.`;
  if (!isMuted) return watched;
  return `${watched} You have muted the whole of \`${rfcSlug}\`, though: ${asCode(words, "unmute rfc")} lets you hear of it.`;
}
