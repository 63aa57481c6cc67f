/** People on one platform, in many linked threads: what they do, and what they were answered. */
import { marksIn, newMark } from "../faults/marks.ts";
import { PEOPLE } from "./crowd-parts.ts";
import { endOf, proposesChange } from "./model.ts";

/** What people do beside asking and deciding. Redline has to do with each of them, if only to pass it over. */
export const DOINGS = ["talk", "elsewhere", "edit", "remove", "react", "command"] as const;
export type Doing = (typeof DOINGS)[number];

/** What the app shows in a thread. */
export interface Said {
  text: string;
  /** Labels of its buttons. */
  buttons: readonly string[];
  isUnfinished: boolean;
}

const MS = {
  /** A workspace may ask 60 times in five minutes. */
  betweenQuestions: 6_000,
  /** Until a button is pressed again of which nothing came. */
  betweenPresses: 15_000,
  /** Between two looks for a card, and until nobody looks any more. */
  look: 2_000,
  patience: 120_000,
};
/** After as many a card is left to itself: its place in the document may have gone. */
const MOST_PRESSES = 8;

interface OpenCard {
  thread: number;
  pressed: number;
  notBefore: number;
  notAfter: number;
}

export abstract class Crowd {
  abstract readonly name: "Slack" | "Discord";
  readonly counts: Record<Doing | "ask" | "accept" | "decline", number> = {
    talk: 0,
    elsewhere: 0,
    edit: 0,
    remove: 0,
    react: 0,
    command: 0,
    ask: 0,
    accept: 0,
    decline: 0,
  };
  /** Place of each question, by its mark. */
  readonly asked = new Map<string, number>();
  readonly #open = new Map<string, number>();
  readonly #cards: OpenCard[] = [];
  readonly #turnsAtOnce: number;
  #count = 0;
  #askedAt = 0;

  constructor(turnsAtOnce: number) {
    this.#turnsAtOnce = turnsAtOnce;
  }

  abstract readonly size: number;
  /** Links all threads, and names who may decide. */
  abstract link(): Promise<void>;
  /** Of the platform's own checks. */
  abstract violations(): readonly string[];
  /** Lets go of what the fake remembers of calls that are over. */
  abstract forget(): void;
  protected abstract perform(doing: Doing, count: number): void;
  /** By one after the other: nobody may ask more than ten times in five minutes. */
  protected abstract askIn(thread: number, mark: string, person: number): void;
  abstract shown(thread: number): Said[];
  protected abstract press(thread: number, button: "Accept" | "Decline"): Promise<void>;

  get openQuestions(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** One thing that somebody does: what is due first. */
  act(next: Doing, now: number): void {
    this.#count += 1;
    if (this.#decide(now)) return;
    if (this.#open.size < this.#turnsAtOnce && now - this.#askedAt >= MS.betweenQuestions) {
      this.#ask(now);
      return;
    }
    this.counts[next] += 1;
    this.perform(next, this.#count);
  }

  /** Looks which answers have come to their end. */
  look(now: number): void {
    for (const [mark, thread] of this.#open) {
      if (!this.shown(thread).some(({ text }) => text.includes(endOf(mark)))) continue;
      this.#open.delete(mark);
      if (!proposesChange(mark)) continue;
      const times = { notBefore: now + MS.look, notAfter: now + MS.patience };
      this.#cards.push({ thread, pressed: 0, ...times });
    }
  }

  /** What is lost, doubled, in the wrong place, or looks unfinished. */
  broken(): { lost: string[]; doubled: string[]; unfinished: string[] } {
    const places = new Map<string, number[]>();
    const unfinished: string[] = [];
    for (let thread = 0; thread < this.size; thread += 1) {
      for (const said of this.shown(thread)) {
        if (said.isUnfinished) unfinished.push(`${this.name} shows “${said.text}” as unfinished`);
        for (const mark of marksIn(said.text)) {
          places.set(mark, [...(places.get(mark) ?? []), thread]);
        }
      }
    }
    const lost = [...this.asked].filter(([mark, thread]) => !places.get(mark)?.includes(thread));
    const doubled = [...places].filter(
      ([mark, found]) => found.length > 1 || found[0] !== this.asked.get(mark),
    );
    return {
      lost: lost.map(([mark]) => `${this.name} does not show the answer to ${mark}`),
      doubled: doubled.map(
        ([mark, at]) => `${this.name} shows the answer to ${mark} in ${at.join(", ")}`,
      ),
      unfinished,
    };
  }

  #ask(now: number): void {
    const busy = new Set(this.#open.values());
    let thread = (this.asked.size * 7) % this.size;
    while (busy.has(thread)) thread = (thread + 1) % this.size;
    // Even numbers are Slack's: a mark is asked on one platform.
    const mark = newMark(this.asked.size * 2 + (this.name === "Slack" ? 2 : 1));
    this.#askedAt = now;
    this.counts.ask += 1;
    this.asked.set(mark, thread);
    this.#open.set(mark, thread);
    this.askIn(thread, mark, this.asked.size % PEOPLE);
  }

  /** Every fourth change is declined. */
  #decide(now: number): boolean {
    const card = this.#cards.find(({ notBefore }) => notBefore <= now);
    if (!card) return false;
    const { thread } = card;
    const isOpen = this.shown(thread).some(({ buttons }) => buttons.includes("Accept"));
    if (!isOpen && card.pressed === 0 && now < card.notAfter) {
      card.notBefore = now + MS.look;
      return false;
    }
    if (!isOpen || card.pressed >= MOST_PRESSES) {
      this.#cards.splice(this.#cards.indexOf(card), 1);
      return false;
    }
    const declines = thread % 4 === 0;
    this.counts[declines ? "decline" : "accept"] += 1;
    card.pressed += 1;
    card.notBefore = now + MS.betweenPresses;
    // Of a press that fails the person is told, and presses again.
    void this.press(thread, declines ? "Decline" : "Accept").catch(() => {});
    return true;
  }
}
