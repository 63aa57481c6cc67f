/** What the conversation shows, in order. Pure. */
import type { ChangeJson } from "../../views/change-view.ts";
import type {
  BlockJson,
  MessageJson,
  ThreadDetailJson,
  TurnJson,
} from "../../views/thread-view.ts";

export type TimelineItem =
  | { kind: "message"; key: string; message: MessageJson }
  | { kind: "answer"; key: string; message: MessageJson; turn: TurnJson | null }
  | { kind: "waiting"; key: string; turn: TurnJson }
  | { kind: "failure"; key: string; turn: TurnJson }
  | { kind: "change"; key: string; change: ChangeJson };

/** Messages by their number, changes made by hand between them by their time. */
export function buildTimeline(view: ThreadDetailJson): TimelineItem[] {
  const turns = new Map(view.turns.map((turn) => [turn.id, turn]));
  const retried = new Set(view.turns.map((turn) => turn.retry_of));
  const manual = view.changes
    .filter((change) => change.source_message_id === null)
    .sort((a, b) => a.created_at.localeCompare(b.created_at) || a.number - b.number);
  const items: TimelineItem[] = [];
  const answered = new Set<string>();
  for (const message of [...view.messages].sort((a, b) => a.seq - b.seq)) {
    while (manual[0] && manual[0].created_at < message.created_at) {
      items.push(changeItem(manual.shift()!));
    }
    if (message.role !== "assistant") {
      items.push({ kind: "message", key: message.id, message });
      continue;
    }
    const turn = turns.get(message.turn_id ?? "") ?? null;
    if (turn) answered.add(turn.id);
    items.push({ kind: "answer", key: message.id, message, turn });
  }
  items.push(...manual.map(changeItem));
  for (const turn of view.turns) {
    if (turn.state === "queued" || (turn.state === "running" && !answered.has(turn.id))) {
      items.push({ kind: "waiting", key: turn.id, turn });
    } else if (turn.state === "failed" && !answered.has(turn.id) && !retried.has(turn.id)) {
      items.push({ kind: "failure", key: turn.id, turn });
    }
  }
  return items;
}

function changeItem(change: ChangeJson): TimelineItem {
  return { kind: "change", key: change.id, change };
}

export type AnswerPart =
  | { kind: "text"; key: string; text: string }
  | { kind: "change"; key: string; change: ChangeJson }
  | { kind: "block"; key: string; block: BlockJson };

/** An answer's prose with its changes and loose blocks where they closed. */
export function answerParts(
  text: string,
  changes: readonly ChangeJson[],
  blocks: readonly BlockJson[],
): AnswerPart[] {
  const inserts = [
    ...changes.map((change) => ({
      at: change.text_offset ?? Infinity,
      order: change.number,
      part: { kind: "change", key: change.id, change } satisfies AnswerPart,
    })),
    ...blocks
      .filter((block) => block.state !== "promoted")
      .map((block) => ({
        at: block.text_offset,
        order: 0,
        part: { kind: "block", key: block.id, block } satisfies AnswerPart,
      })),
  ].sort((a, b) => a.at - b.at || a.order - b.order);
  const parts: AnswerPart[] = [];
  let from = 0;
  for (const { at, part } of inserts) {
    const to = Math.min(Math.max(at, from), text.length);
    addText(parts, text.slice(from, to), from);
    parts.push(part);
    from = to;
  }
  addText(parts, text.slice(from), from);
  return parts;
}

function addText(parts: AnswerPart[], text: string, from: number): void {
  if (text.trim() !== "") parts.push({ kind: "text", key: `text ${from}`, text });
}
