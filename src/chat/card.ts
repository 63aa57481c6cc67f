/**
 * How a change is shown in chat, without any platform's words for it. Texts are data of people and the
 * model: the adapter neutralises them.
 */

/** A run of the redline; `same` is what surrounds the change. */
export interface RedlineRun {
  kind: "same" | "deleted" | "inserted";
  text: string;
}

/** What a button of a card does. `place` chooses one of `Card.choices`; anyone may press `concern`. */
export type CardAction = "accept" | "decline" | "edit" | "confirm" | "place" | "concern";

/** How the state is coloured and marked, beside its words. */
export type CardTone = "open" | "asks" | "working" | "good" | "closed" | "problem";

export interface CardChoice {
  /** Such as `Line 12, § Motivation`. */
  label: string;
  /** The text there, on one line. */
  excerpt: string;
}

export interface Card {
  /** What buttons carry: a random id of this showing of the change. */
  ref: string;
  /** Number of the change within its RFC. */
  number: number;
  /** Headings above the passage, outermost first. */
  section: readonly string[];
  /** With up to a line of context at each side. */
  redline: readonly RedlineRun[];
  /** The two texts as they are, for readers without colours and struck letters. */
  original: string;
  proposed: string;
  reason: string;
  /** Who proposed it; null for the model. */
  author: string | null;
  tone: CardTone;
  /** One sentence: the state, who decided, what is asked. */
  status: string;
  /** How surely it is located, where that is worth a word. */
  certainty: string | null;
  /** In the order of their buttons; empty once it is decided. */
  actions: readonly CardAction[];
  /** The places to choose from, where `actions` has `place`. */
  choices: readonly CardChoice[];
  /** Where it is shown as a whole: the console or the pull request. */
  url: string;
  /** The commit that it became. */
  commit: { sha: string; url: string | null } | null;
  /** What the document says there now, where somebody has changed the same words since. */
  present: string | null;
  /** The address of the older message that it takes the place of. */
  replaces: string | null;
}

/** More than five changes of one answer, in pages. */
export interface CardList {
  /** What the buttons for turning pages carry. */
  ref: string;
  /** Changes in the list. */
  total: number;
  /** From 0. */
  page: number;
  pages: number;
  /** Those of the page. */
  cards: readonly Card[];
  url: string;
  /** As of a card. */
  replaces: string | null;
}

export type MergeAction = "agree" | "object";

/** A proposal to merge, with what people said of it. Texts are people's own. */
export interface MergeCard {
  /** As of a card. */
  ref: string;
  rfcTitle: string;
  /** Who proposed it. */
  author: string;
  tone: CardTone;
  /** One sentence or two: until when it is open, what holds it, what became of it. */
  status: string;
  /** Who is asked, with what they said; null for nothing yet. */
  words: readonly { name: string; word: MergeAction | null }[];
  /** Open concerns; without a text where the place is not told what is said elsewhere. */
  concerns: readonly { number: number; text: string | null; author: string | null }[];
  /** Numbers of the changes that are not decided. */
  pendingChanges: readonly number[];
  /** Empty once it is settled. */
  actions: readonly MergeAction[];
  url: string;
  /** The pull request that it is about. */
  pull: { number: number; url: string | null } | null;
  /** As of a card. */
  replaces: string | null;
}

/** What is to be seen in one message of a platform. `text` is Markdown as the model writes it. */
export type ChatContent =
  | { kind: "text"; markdown: string }
  | { kind: "note"; markdown: string }
  /** What a person wrote in another place. */
  | { kind: "remark"; markdown: string }
  | { kind: "card"; card: Card }
  | { kind: "list"; list: CardList }
  | { kind: "merge"; merge: MergeCard };
