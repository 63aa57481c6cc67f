/** What people hear who write to Redline what it cannot act on. */
import type { Command, ParsedCommand } from "../commands/command.ts";
import { definitionOf } from "../commands/grammar.ts";
import { wasHinted } from "../store/chat-messages.ts";
import type { ChatMessage } from "./chat-event.ts";
import type { PlatformWords } from "./chat-platform.ts";
import { describeNowhere, isNowhere } from "./permissions.ts";
import type { ChatServices } from "./services.ts";
import { linkable } from "./targets.ts";
import { asCode, usageOn } from "./wording.ts";

const MOST_OFFERED = 10;

/** How a place is linked: told each person once where others are, and in private each time. */
export async function hintOf(
  services: ChatServices,
  message: ChatMessage,
  words: PlatformWords,
): Promise<string | null> {
  const { by } = message;
  if (isNowhere(by)) return describeNowhere(words);
  if (!message.isPrivate || by.isOutsider) {
    if (await wasHinted(services.sql, message.at, by.id)) return null;
    return `This place is not linked to an RFC yet. An admin of the ${words.workspace} does that: ${howToLink(words)}.`;
  }
  const known = await linkable(services, by, MOST_OFFERED);
  const [only] = known;
  if (!only) {
    return `No RFC is known here yet; an admin of the ${words.workspace} makes one known by sending me the address of its pull request.`;
  }
  if (known.length === 1) {
    return `Is this about “${only.title}”? Then write \`link ${only.slug}\`, and ask once more.`;
  }
  const slugs = known.map(({ slug }) => `\`link ${slug}\``).join(", ");
  return `Which RFC is this about? Write one of these, and ask once more: ${slugs}`;
}

function howToLink(words: PlatformWords): string {
  return words.commandPrefix === ""
    ? "mention me with `link <slug>` or with the address of a pull request"
    : `write ${asCode(words, "link <slug or PR URL>")}`;
}

export function describeUsage(name: Command["kind"], words: PlatformWords): string {
  const { usage, summary } = definitionOf(name);
  return `Write ${asCode(words, usageOn(words, usage))}: it ${summary}.`;
}

export function describeUnknown(
  { word, nearest }: Extract<ParsedCommand, { kind: "unknown" }>,
  words: PlatformWords,
): string {
  const said = word.slice(0, 40).toWellFormed().replaceAll("`", "");
  const hint =
    nearest === null
      ? `${asCode(words, "help")} lists what there is.`
      : `did you mean ${asCode(words, usageOn(words, definitionOf(nearest).usage))}?`;
  return `There is no command “${said}”; ${hint}`;
}
