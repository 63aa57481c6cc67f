/** A channel as a person sees it. */
import { plainText } from "./components.ts";
import type { Channel, Message } from "./model.ts";
import { FLAGS, has } from "./model.ts";
import type { World } from "./world.ts";

export interface Seen {
  id: string;
  authorId: string;
  /** Display name. */
  author: string;
  isBot: boolean;
  /** Content, then the components' text, then the names of attached files that are not shown by a component. */
  text: string;
  /** Text of the message itself. */
  content: string;
  components: Message["components"];
  /** Text of each attached file, by name. */
  files: Record<string, string>;
  isEdited: boolean;
  /** Whether it still says "… is thinking". */
  isThinking: boolean;
  /** Whom alone it is shown to. */
  onlyFor: string | null;
  /** The message that it answers. */
  repliesTo: string | null;
  nonce: string | number | null;
  /** Emoji → user ids. */
  reactions: Record<string, string[]>;
}

export function seen(world: World, message: Message): Seen {
  const author = world.user(message.authorId);
  const shownFiles = plainText(message.components);
  const unshown = message.attachments
    .map(({ filename }) => `(file: ${filename})`)
    .filter((line) => !shownFiles.includes(line));
  const parts = [message.content, plainText(message.components), ...unshown];
  return {
    id: message.id,
    authorId: author.id,
    author: author.globalName ?? author.username,
    isBot: author.isBot,
    text: parts.filter((part) => part !== "").join("\n"),
    content: message.content,
    components: message.components,
    files: Object.fromEntries(
      message.attachments.map(({ filename, bytes }) => [filename, bytes.toString("utf8")]),
    ),
    isEdited: message.editedAt !== null,
    isThinking: has(message.flags, FLAGS.loading),
    onlyFor: message.onlyFor,
    repliesTo: message.type === "reply" ? (message.reference?.messageId ?? null) : null,
    nonce: message.nonce,
    reactions: Object.fromEntries(message.reactions),
  };
}

/** Names of who is shown as typing. */
export const typingIn = (world: World, channel: Channel): string[] =>
  [...channel.typing]
    .filter(([, until]) => until > world.clock.now())
    .map(([id]) => world.user(id).globalName ?? world.user(id).username);

/**
 * One line a line of text, as `userId` sees it: what only others may read is left out. The last line names who
 * types.
 */
export function linesOf(world: World, channel: Channel, userId: string | null): string[] {
  const lines = channel.messages
    .filter(({ type }) => type !== "thread-starter" && type !== "thread-created")
    .filter(({ onlyFor }) => onlyFor === null || onlyFor === userId)
    .map((message) => {
      const { author, text, isThinking, onlyFor } = seen(world, message);
      const alone = onlyFor === null ? "" : " (only you can see this)";
      return `${author}${alone}: ${isThinking ? "is thinking…" : text}`;
    });
  const typing = typingIn(world, channel);
  return [
    ...lines.flatMap((line) => line.split("\n")),
    ...typing.map((name) => `${name} is typing…`),
  ];
}
