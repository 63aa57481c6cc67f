import type { Json } from "./model.ts";

const MARK = /<(@|#|!subteam\^|!)([^|>]+)(?:\|[^>]*)?>/g;

/** The block that Slack makes of what a person types. */
export function richTextOf(text: string): Json {
  const elements: Json[] = [];
  let at = 0;
  const upTo = (end: number): void => {
    if (end > at) elements.push({ type: "text", text: unescaped(text.slice(at, end)) });
  };
  for (const match of text.matchAll(MARK)) {
    const [all, kind, id = ""] = match;
    upTo(match.index);
    at = match.index + all.length;
    if (kind === "@") elements.push({ type: "user", user_id: id });
    else if (kind === "#") elements.push({ type: "channel", channel_id: id });
    else if (kind === "!") elements.push({ type: "broadcast", range: id });
    else elements.push({ type: "usergroup", usergroup_id: id });
  }
  upTo(text.length);
  const section = { type: "rich_text_section", elements };
  return { type: "rich_text", block_id: "user0", elements: [section] };
}

const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
