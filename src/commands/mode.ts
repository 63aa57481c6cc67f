import { heldLink } from "../chat/command-context.ts";
import { MODE_WORDS } from "../chat/participation.ts";
import { assertAdmin } from "../chat/permissions.ts";
import { doAndSay } from "../chat/saying.ts";
import type { ParticipationMode } from "../store/thread-links.ts";
import { setMode } from "../store/thread-links.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forEveryone, forPerson } from "./command.ts";

const MODES = Object.keys(MODE_WORDS) as ParticipationMode[];

export const mode: CommandDefinition<Extract<Command, { kind: "mode" }>> = {
  name: "mode",
  usage: "mode [mention|follow|quiet]",
  summary: "says when I answer here: when mentioned, also to open questions, or never",
  parse({ words }) {
    if (words.length === 0) return { kind: "mode", mode: null };
    if (words.length > 1) return null;
    const chosen = MODES.find((known) => known === words[0]!.toLowerCase());
    return chosen === undefined ? "usage" : { kind: "mode", mode: chosen };
  },
  async run({ mode: chosen }, context) {
    const { link } = await heldLink(context);
    if (context.isPrivate)
      return forPerson("Here I answer everything: nobody else is in this place.");
    if (chosen === null) {
      return forPerson(`The mode here is \`${link.mode}\`: ${MODE_WORDS[link.mode]}.`);
    }
    await assertAdmin(context, "set the mode");
    return doAndSay(context, async (tx) =>
      (await setMode(tx, link.id, chosen))
        ? forEveryone(`The mode is \`${chosen}\` now: ${MODE_WORDS[chosen]}.`)
        : forPerson(`The mode is \`${chosen}\` already: ${MODE_WORDS[chosen]}.`),
    );
  },
};
