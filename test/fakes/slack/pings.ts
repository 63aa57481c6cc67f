/**
 * Whom a text pings: `<@U…>`, `<!here>` and their like wherever Slack reads them, plain `@here` where it looks
 * for names. Cautious: what might ping, counts; only what stands in code does not.
 */
import type { Json } from "./model.ts";

export interface PingTarget {
  kind: "user" | "channel" | "here" | "everyone" | "subteam";
  /** Of a user or a group. */
  id: string | null;
}

export interface Ping extends PingTarget {
  channelId: string;
  /** Of the message. */
  ts: string;
  by: "post" | "update" | "stream" | "ephemeral";
}

interface Pinging {
  text: string;
  blocks: readonly Json[] | null;
  /** Plain names ping too. */
  linksNames: boolean;
}

export function pingsOf({ text, blocks, linksNames }: Pinging): PingTarget[] {
  const own = marksIn(text, linksNames);
  const inBlocks = (blocks ?? []).flatMap((block) => inValue(block));
  return [...own, ...inBlocks];
}

function inValue(value: unknown): PingTarget[] {
  if (Array.isArray(value)) return value.flatMap(inValue);
  if (typeof value !== "object" || value === null) return [];
  const source = value as Json;
  const { type, text } = source;
  if (type === "user") return [{ kind: "user", id: String(source["user_id"]) }];
  if (type === "usergroup") return [{ kind: "subteam", id: String(source["usergroup_id"]) }];
  if (type === "broadcast") {
    return [{ kind: source["range"] as "here" | "channel" | "everyone", id: null }];
  }
  if (type === "mrkdwn" && typeof text === "string") {
    return marksIn(text, source["verbatim"] !== true);
  }
  if (type === "markdown" && typeof text === "string") return marksIn(text, false);
  return Object.values(source).flatMap(inValue);
}

const MARK = /<(?:@([UW][A-Z0-9]+)|!(channel|here|everyone)|!subteam\^([A-Z0-9]+))(?:\|[^>]*)?>/g;
const PLAIN = /(?<![\w<])@(channel|here|everyone)\b/g;
const CODE = /```[\s\S]*?```|``[^`]+``|`[^`\n]+`/g;

function marksIn(text: string, linksNames: boolean): PingTarget[] {
  const outside = text.replace(CODE, " ");
  const marks = [...outside.matchAll(MARK)].map(([, user, broadcast, group]): PingTarget => {
    if (user !== undefined) return { kind: "user", id: user };
    if (group !== undefined) return { kind: "subteam", id: group };
    return { kind: broadcast as "channel" | "here" | "everyone", id: null };
  });
  if (!linksNames) return marks;
  const plain = [...outside.matchAll(PLAIN)].map(([, kind]) => ({
    kind: kind as "channel" | "here" | "everyone",
    id: null,
  }));
  return [...marks, ...plain];
}
