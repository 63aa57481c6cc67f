import type { PlatformWords } from "../chat/chat-platform.ts";
import { describeNowhere, isNowhere } from "../chat/permissions.ts";
import { asCode, usageOn } from "../chat/wording.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const help: CommandDefinition<Extract<Command, { kind: "help" }>> = {
  name: "help",
  usage: "help",
  summary: "shows this list",
  parse: takesNothing({ kind: "help" }),
  async run(_command, { definitions, held, at, by, platform }) {
    const { words, caveat } = platform;
    const lines = definitions.map(
      ({ usage, summary }) => `- \`${usageOn(words, usage)}\` ${summary}`,
    );
    const elsewhere = isNowhere(by) ? describeNowhere(words) : at ? NOT_LINKED : outside(words);
    const begin = held ? HERE : elsewhere;
    const more =
      words.commandPrefix === ""
        ? "What else works after a mention, or after `/rfc` outside of threads:"
        : "What else works after `/rfc`, or after a mention:";
    const seen = caveat === null ? [] : ["", caveat];
    return forPerson([begin, ...seen, "", more, ...lines].join("\n"));
  },
};

const HERE =
  "Mention me with a question or a wish about the document; I answer here, and propose changes to be accepted or declined.";
const NOT_LINKED =
  "Link this place to an RFC first; then mention me with a question or a wish about it.";

function outside(words: PlatformWords): string {
  return `${asCode(words, "link")} begins a thread about an RFC; mention me there with a question or a wish about the document.`;
}
