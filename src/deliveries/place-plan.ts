/** What a place is to show beside its running answer, in order. Pure. */
import { buildCard, choicesOf } from "../chat/build-card.ts";
import { buildMergeCard } from "../chat/build-merge-card.ts";
import { formatCardRef } from "../chat/card-ref.ts";
import type { Card, CardList, ChatContent } from "../chat/card.ts";
import type { Message } from "../conversation/thread.ts";
import type { ChosenPlace } from "../engine.ts";
import { groupBy } from "../group-by.ts";
import type { Delivery } from "../store/deliveries.ts";
import type { PlaceChange } from "../store/place-scene.ts";
import type { PlaceMerge } from "../store/place-merges.ts";
import type { Remark } from "../store/remarks.ts";

/** Changes of one answer that get a card each; more become a list. */
const MOST_CARDS = 5;
/** Changes on a page of a list. */
const PAGE = 5;

/** Something that is to be shown. `order` is the message's, and that of its changes after it. */
export type PlaceItem =
  | { kind: "note"; order: number; message: Message }
  | { kind: "answer"; order: number; message: Message }
  | { kind: "remark"; order: number; remark: Remark }
  | { kind: "card"; order: number; subject: PlaceChange }
  | { kind: "list"; order: number; turnId: string; subjects: PlaceChange[] }
  | { kind: "merge"; order: number; merge: PlaceMerge };

/** What is not there yet, or may have changed, in the order in which it stands in the place. */
export function planItems(given: {
  unshown: readonly Message[];
  remarks: readonly Remark[];
  changes: readonly PlaceChange[];
  merges: readonly PlaceMerge[];
  deliveries: readonly Delivery[];
}): PlaceItem[] {
  const { unshown, remarks, changes, merges, deliveries } = given;
  const hasCard = new Set(
    deliveries
      .filter(({ kind, state, replaced }) => {
        return kind === "card" && (state !== "pending" || replaced.length > 0);
      })
      .map(subjectOf),
  );
  const lists = new Set(deliveries.filter(({ kind }) => kind === "list").map(subjectOf));
  // One that was withdrawn before anybody saw it is nobody's business.
  const shown = changes.filter(
    ({ change }) => change.state !== "withdrawn" || hasCard.has(change.id) || inList(change.turnId),
  );
  function inList(turnId: string | null): boolean {
    return turnId !== null && lists.has(turnId);
  }
  const items: PlaceItem[] = unshown.map((message) => ({
    kind: message.role === "system" ? "note" : "answer",
    order: message.seq,
    message,
  }));
  for (const remark of remarks) items.push({ kind: "remark", order: remark.seq, remark });
  for (const [turnId, subjects] of groupBy(shown, ({ change }) => change.turnId)) {
    const order = subjects[0]!.sourceSeq ?? Number.MAX_SAFE_INTEGER;
    const isList =
      turnId !== null &&
      (lists.has(turnId) ||
        (subjects.length > MOST_CARDS && !subjects.some(({ change }) => hasCard.has(change.id))));
    if (isList) items.push({ kind: "list", order: order + 0.5, turnId, subjects });
    else {
      for (const subject of subjects) items.push({ kind: "card", order: order + 0.5, subject });
    }
  }
  for (const merge of merges) items.push({ kind: "merge", order: Number.MAX_SAFE_INTEGER, merge });
  // Stable: cards of one answer stay in the order of their numbers.
  return items.toSorted((a, b) => a.order - b.order);
}

const subjectOf = ({ subjectId }: Delivery): string => subjectId;

/** The addresses that cards name. */
export interface CardLinks {
  change(subject: PlaceChange): string;
  commit(sha: string): string | null;
  thread: string;
}

/** A link that was ended shows what became of things, but nothing to press any more. */
export interface CardSetting {
  links: CardLinks;
  isEnded: boolean;
}

function cardOf(ref: string, subject: PlaceChange, { links, isEnded }: CardSetting): Card {
  const { change, decidedBy, declineReason, present } = subject;
  const card = buildCard(ref, {
    change,
    decidedBy,
    declineReason,
    present,
    url: links.change(subject),
    commitUrl: change.commitSha === null ? null : links.commit(change.commitSha),
  });
  if (isEnded) return { ...card, actions: [], choices: [] };
  const isAsked = card.actions.includes("place") || card.actions.includes("confirm");
  return isAsked ? { ...card, ref: formatCardRef(ref, choicesOf(change)) } : card;
}

/** The card's content with the places that its buttons choose from. */
export function cardContent(
  { id, replacesUrl }: Pick<Delivery, "id" | "replacesUrl">,
  subject: PlaceChange,
  setting: CardSetting,
): { content: ChatContent; choices: ChosenPlace[] } {
  const card = { ...cardOf(id, subject, setting), replaces: replacesUrl };
  return { content: { kind: "card", card }, choices: choicesOf(subject.change) };
}

/** The card of a proposal, as it stands now. */
export function mergeContent(
  { id, replacesUrl }: Pick<Delivery, "id" | "replacesUrl">,
  subject: PlaceMerge,
  { links, isEnded }: CardSetting,
): ChatContent {
  const card = buildMergeCard(id, subject, { url: links.thread, now: new Date() });
  const merge = { ...card, replaces: replacesUrl, actions: isEnded ? [] : card.actions };
  return { kind: "merge", merge };
}

/** One page of a list; `refs` are those of its changes. */
export function listContent(
  row: Pick<Delivery, "id" | "page" | "replacesUrl">,
  subjects: readonly PlaceChange[],
  refs: ReadonlyMap<string, string>,
  setting: CardSetting,
): ChatContent {
  const pages = Math.max(1, Math.ceil(subjects.length / PAGE));
  const page = Math.min(Math.max(row.page, 0), pages - 1);
  const list: CardList = {
    ref: row.id,
    total: subjects.length,
    page,
    pages,
    cards: subjects
      .slice(page * PAGE, (page + 1) * PAGE)
      .map((subject) => cardOf(refs.get(subject.change.id)!, subject, setting)),
    url: setting.links.thread,
    replaces: row.replacesUrl,
  };
  return { kind: "list", list };
}
