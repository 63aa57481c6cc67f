/** Of messages as Discord sends them, only what is read later. Pure. */
import type { Json } from "../../src/json.ts";
import { list, pick, record, text } from "../../src/json.ts";

const MESSAGE_FIELDS = ["id", "channel_id", "type", "content", "edited_timestamp", "mention_roles"];
export const AUTHOR_FIELDS = ["id", "username", "global_name", "bot", "system"];

/** In `content` what was said, of which files and stickers are a part. */
export function trimMessage(message: Json): Json {
  const reference = message["referenced_message"];
  const forwarded = record(record(list(message["message_snapshots"])[0])["message"]);
  return {
    ...pick(message, MESSAGE_FIELDS),
    content: contentOf(message),
    author: pick(message["author"], AUTHOR_FIELDS),
    mentions: trimMentions(message),
    ...(text(record(message["member"])["nick"]) !== null && {
      member: pick(message["member"], ["nick"]),
    }),
    ...("id" in record(reference)
      ? { referenced_message: trimReference(record(reference)) }
      : contentOf(forwarded) !== "" && { referenced_message: trimReference(forwarded) }),
  };
}

function trimReference(message: Json): Json {
  return {
    ...pick(message, ["id"]),
    content: contentOf(message) || cardText(message["components"], 0),
    author: pick(message["author"], AUTHOR_FIELDS),
    mentions: trimMentions(message),
  };
}

function trimMentions(message: Json): Json[] {
  return list(message["mentions"]).map((mention) => {
    const nick = text(record(record(mention)["member"])["nick"]);
    return { ...pick(mention, AUTHOR_FIELDS), ...(nick !== null && { nick }) };
  });
}

function contentOf(message: Json): string {
  const names = [
    ...list(message["attachments"]).map((file) => text(record(file)["filename"])),
    ...list(message["sticker_items"]).map((sticker) => text(record(sticker)["name"])),
  ];
  const said = text(message["content"]);
  return said ?? names.flatMap((name) => (name === null ? [] : [`[${name}]`])).join("\n");
}

const DEEPEST = 5;

/** The words of a message that is made of components, such as a card. */
function cardText(components: unknown, depth: number): string {
  if (depth > DEEPEST) return "";
  return list(components)
    .map((given) => {
      const component = record(given);
      const own = text(component["content"]) ?? "";
      const nested = cardText(component["components"], depth + 1);
      return [own, nested].filter((part) => part !== "").join("\n");
    })
    .filter((part) => part !== "")
    .join("\n");
}
