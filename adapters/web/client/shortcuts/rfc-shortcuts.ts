import type { ChangeJson } from "../../views/change-view.ts";
import { reveal } from "../document/reveal.ts";
import { historyPath, navigate, rfcPath } from "../router.ts";
import { useDesk, type Desk } from "../state/desk.ts";
import { askWhy } from "../why/why-state.ts";
import { useShortcuts } from "./shortcuts.ts";

/** Keys for a document's page: from change to change, and what can be done with the one at hand. */
export function useRfcShortcuts(): void {
  const desk = useDesk();
  const press = (key: string) => () => pressOnCard(desk, key);
  useShortcuts(
    "This document",
    [
      { key: "j", words: "Next change that waits", run: () => step(desk, 1) },
      { key: "k", words: "Previous change that waits", run: () => step(desk, -1) },
      { key: "a", words: "Accept it, or confirm its place", run: press("a") },
      { key: "d", words: "Decline it", run: press("d") },
      { key: "e", words: "Edit it", run: press("e") },
      { key: "o", words: "From its card to its place, and back", run: () => jump(desk) },
      { key: "w", words: "Why does it read so? Of the selected text, or of a click", run: askWhy },
      { key: "c", words: "Write a message", run: () => focusComposer(desk) },
      { key: "s", words: "Source or rendered", run: toggleSource },
      { key: "t", words: "All threads", run: () => navigate(rfcPath(desk.rfc.slug)) },
      { key: "h", words: "History of decisions", run: () => navigate(historyPath(desk.rfc.slug)) },
    ],
    IN_THE_TEXT,
  );
}

/** Held by `BlockHandle`, while the text has the focus. */
const IN_THE_TEXT = [
  { keys: "Alt ↑↓", words: "In the text: from paragraph to paragraph" },
  {
    keys: "Enter",
    words: "On a paragraph: quote it, discuss it, raise a concern, propose an edit",
  },
];

/** What waits, in the order of the document; what has no place comes last. Pure. */
export function waitingInOrder(changes: readonly ChangeJson[]): ChangeJson[] {
  const at = ({ passage }: ChangeJson): number => passage?.start ?? Infinity;
  return changes
    .filter((change) => change.state === "pending")
    .sort((a, b) => (at(a) === at(b) ? a.number - b.number : at(a) - at(b)));
}

function step(desk: Desk, by: 1 | -1): void {
  const waiting = waitingInOrder(desk.rfc.state.get().rfc?.changes ?? []);
  const current = atHand(desk);
  const index = waiting.findIndex((change) => change.id === current?.id);
  const from = index < 0 && by === -1 ? 0 : index;
  const next = waiting[(from + by + waiting.length) % waiting.length];
  if (!next) return;
  desk.showCard(next);
  desk.hot.set(next.id);
  const root = document.querySelector<HTMLElement>(".document-scroll");
  if (root?.checkVisibility()) reveal(root, next.id, next.passage?.start ?? null);
}

/** The change whose card has the focus, else the one that was looked at last. */
function atHand(desk: Desk): ChangeJson | null {
  const changes = desk.rfc.state.get().rfc?.changes ?? [];
  const focused = document.activeElement?.closest(".card");
  const found = changes.find((change) => focused && cardOf(change) === focused);
  return found ?? changes.find((change) => change.id === desk.focus.get()?.changeId) ?? null;
}

function cardOf({ number }: ChangeJson): HTMLElement | null {
  return document.querySelector<HTMLElement>(`.card[aria-label^="Change ${number},"]`);
}

/** Presses the card's button of that key, as a click would. */
function pressOnCard(desk: Desk, key: string): void {
  const change = atHand(desk);
  if (!change) return step(desk, 1);
  const card = cardOf(change);
  // Its thread is not open: first it is shown, so that nobody decides what they do not see.
  if (!card?.checkVisibility()) return desk.showCard(change);
  card.querySelector<HTMLButtonElement>(`[aria-keyshortcuts="${key}"]:enabled`)?.click();
}

function jump(desk: Desk): void {
  const change = atHand(desk);
  if (!change) return;
  if (desk.focus.get()?.where === "document") desk.showCard(change);
  else desk.showPlace(change.id);
}

function focusComposer(desk: Desk): void {
  desk.pane.set("conversation");
  // The pane may only be shown with the next frame.
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(".message-field textarea")?.focus(),
  );
}

function toggleSource(): void {
  const other = document.querySelector<HTMLElement>(
    '.document-pane .toolbar .segmented button[aria-pressed="false"]',
  );
  other?.click();
}
