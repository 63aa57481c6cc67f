/** One look at a place in chat: shows what is not there yet, and keeps what is there up to date. */
import { choicesOf } from "../chat/build-card.ts";
import type { ChatContent } from "../chat/card.ts";
import type { ChatPlatform } from "../chat/chat-platform.ts";
import { MessageGone, PlaceRefused } from "../chat/chat-platform.ts";
import type { ThreadStreams } from "../conversation/thread-streams.ts";
import type { Message } from "../conversation/thread.ts";
import type { ChosenPlace } from "../engine.ts";
import type { Logger } from "../log.ts";
import type { LookControl } from "../look-runner.ts";
import { LookLost } from "../look-runner.ts";
import { oneLine } from "../one-line.ts";
import type { LiveMessage, StreamRelay } from "../ports.ts";
import { threadTopic } from "../ports.ts";
import type { Links } from "../reviews/links.ts";
import type { Sql } from "../store/database.ts";
import type { Delivery, HeldPlace } from "../store/deliveries.ts";
import {
  ensureDelivery,
  findPlace,
  keepChoices,
  listChangeable,
  listUnshown,
  updateDelivery,
} from "../store/deliveries.ts";
import { storedAnswer } from "../store/events.ts";
import type { PlaceLook } from "../store/place-looks.ts";
import { askedPlaces } from "../store/place-looks.ts";
import type { PlaceChange } from "../store/place-scene.ts";
import { findAsker, findPlaceRfc, listPlaceChanges } from "../store/place-scene.ts";
import { AnswerDelivery } from "./answer-delivery.ts";
import { AnswerText, pump } from "./answer-text.ts";
import type { CardSetting, PlaceItem } from "./place-plan.ts";
import { cardContent, listContent, planItems } from "./place-plan.ts";
import { Postings } from "./postings.ts";
import type { Task } from "./segment.ts";
import { digest } from "./segment.ts";

export interface PlaceShowDeps {
  sql: Sql;
  relay: StreamRelay;
  streams: ThreadStreams;
  links: Links;
  logger: Logger;
  platformOf(name: string): ChatPlatform | null;
  /** Stops a turn, as a person asked on the platform. */
  cancel(turnId: string): Promise<unknown>;
}

/** Until the next look at a place where nothing is to be done; whatever happens there asks for one. */
const QUIET_MS = 24 * 60 * 60_000;
/** While an answer runs, lost wake-ups about everything else are made up for this often. */
const SIDE_MS = 2_000;
const THINKING = "is reading the document…";

export async function showPlace(
  deps: PlaceShowDeps,
  look: PlaceLook,
  control: LookControl,
): Promise<number> {
  const place = await findPlace(deps.sql, look.linkId);
  const platform = place && deps.platformOf(place.platform);
  if (!place || !platform) return QUIET_MS;
  const show = new PlaceShow(deps, { look, control, place, platform });
  return show.run();
}

interface Given {
  look: PlaceLook;
  control: LookControl;
  place: HeldPlace;
  platform: ChatPlatform;
}

class PlaceShow {
  private readonly deps: PlaceShowDeps;
  private readonly given: Given;
  private readonly postings: Postings;
  /** What the running turn drafts, and whether that is still to be told. */
  private task: Task = { id: "draft-0", title: "Drafting an edit …", done: true };
  private isTaskNew = false;
  private tasks = 0;

  constructor(deps: PlaceShowDeps, given: Given) {
    this.deps = deps;
    this.given = given;
    this.postings = new Postings({ sql: deps.sql, ...given });
  }

  async run(): Promise<number> {
    const { sql, relay } = this.deps;
    const { place, look, control } = this.given;
    let wake: () => void = () => {};
    let follower: AnswerText | null = null;
    const unsubscribe = await relay.subscribe(threadTopic(place.threadId), (message) => {
      if (message.type === "drafting") this.noteDraft(message, follower);
      if (message.type === "event") wake();
    });
    try {
      for (;;) {
        if (control.signal.aborted) throw new LookLost("the look was broken off");
        const asked = await askedPlaces(sql, look.linkId);
        const running = await this.pass(null);
        if (running) {
          follower = new AnswerText(0);
          await this.follow(running, follower, (listener) => (wake = listener));
          follower = null;
        } else if ((await askedPlaces(sql, look.linkId)) === asked) {
          look.asked = asked;
          return QUIET_MS;
        }
      }
    } finally {
      unsubscribe();
    }
  }

  /**
   * Shows everything that can be shown at once; answers with the answer that is being written, if it is not
   * the one that is followed already.
   */
  private async pass(followed: string | null): Promise<Message | null> {
    const { sql } = this.deps;
    const { place } = this.given;
    const [unshown, changes, deliveries, rfc] = await Promise.all([
      listUnshown(sql, place),
      listPlaceChanges(sql, place),
      listChangeable(sql, place.linkId),
      findPlaceRfc(sql, place.threadId),
    ]);
    if (!rfc) return null;
    const setting = this.setting(rfc);
    let running: Message | null = null;
    const open = unshown.find(({ id, status }) => id === followed || status === "streaming");
    for (const item of planItems({ unshown, changes, deliveries })) {
      if (open && waitsFor(item, open) && isNew(item, deliveries)) continue;
      if (item.kind === "answer" && item.message.status === "streaming") running = item.message;
      else if (item.kind === "answer" && item.message.id === followed) continue;
      else await this.showItem(item, deliveries, setting);
    }
    return running?.id === followed ? null : running;
  }

  private setting({ slug, pullUrl }: { slug: string; pullUrl: string | null }): CardSetting {
    const { place } = this.given;
    const thread = this.deps.links.thread(slug, place.threadId);
    const commits = pullUrl?.replace(/\/pull\/\d+.*$/, "/commit/") ?? null;
    return {
      isEnded: place.endedAt !== null,
      links: {
        thread,
        change: ({ change }: PlaceChange) => change.shown?.url ?? thread,
        commit: (sha) => commits && `${commits}${sha}`,
      },
    };
  }

  private async showItem(
    item: PlaceItem,
    deliveries: readonly Delivery[],
    setting: CardSetting,
  ): Promise<void> {
    switch (item.kind) {
      case "note":
        return this.put(await this.row("note", item.message.id, deliveries), () => ({
          content: { kind: "note", markdown: item.message.text },
        }));
      case "answer":
        return this.showFinished(item.message, deliveries);
      case "card":
        if (setting.isEnded && !findRow(deliveries, "card", item.subject.change.id)) return;
        return this.put(await this.row("card", item.subject.change.id, deliveries), (row) =>
          cardContent(row.id, item.subject, setting),
        );
      case "list":
        return this.showList(item, deliveries, setting);
    }
  }

  private async showList(
    item: Extract<PlaceItem, { kind: "list" }>,
    deliveries: readonly Delivery[],
    setting: CardSetting,
  ): Promise<void> {
    const refs = new Map<string, string>();
    for (const { change } of item.subjects) {
      const row = await this.row("card", change.id, deliveries);
      refs.set(change.id, row.id);
      const choices = choicesOf(change);
      if (change.state === "pending" && choices.length > 0) {
        await keepChoices(this.deps.sql, row.id, choices);
      }
    }
    const row = await this.row("list", item.turnId, deliveries);
    await this.put(row, () => ({ content: listContent(row, item.subjects, refs, setting) }));
  }

  private async row(
    kind: Delivery["kind"],
    subjectId: string,
    deliveries: readonly Delivery[],
  ): Promise<Delivery> {
    const known = findRow(deliveries, kind, subjectId);
    return known ?? ensureDelivery(this.deps.sql, this.given.place.linkId, { kind, subjectId });
  }

  /** Shows a message as it ought to be, if it is not so already. */
  private async put(
    row: Delivery,
    make: (row: Delivery) => { content: ChatContent; choices?: readonly ChosenPlace[] },
  ): Promise<void> {
    if (row.state === "removed") return;
    const { content, choices } = make(row);
    const shown = digest(content);
    if (row.platformMessageId !== null && row.shown === shown) return;
    const { sql, logger } = this.deps;
    // Before it is shown: a button of it may be pressed at once.
    if (choices) await keepChoices(sql, row.id, choices);
    try {
      await this.postings.show(row, () => content, "final");
      const { platformMessageId } = row;
      await updateDelivery(sql, row.id, { state: "sent", platformMessageId, shown });
    } catch (error) {
      const isRefused = error instanceof PlaceRefused && error.scope === "content";
      if (!(error instanceof MessageGone) && !isRefused) throw error;
      logger.warn({ err: error, delivery: row.id }, "a message is not shown any more");
      await updateDelivery(sql, row.id, { state: "removed" });
    }
  }

  private async showFinished(message: Message, deliveries: readonly Delivery[]): Promise<void> {
    const stored = await storedAnswer(this.deps.sql, message.turnId!);
    const answer = AnswerText.whole(message.text, stored?.attempt ?? 0);
    await this.showAnswer(message, answer, deliveries);
  }

  private async showAnswer(
    message: Message,
    answer: AnswerText,
    deliveries: readonly Delivery[],
  ): Promise<void> {
    const { sql, logger, cancel } = this.deps;
    const { place, platform, control } = this.given;
    const turnId = message.turnId!;
    const asker = await findAsker(sql, turnId, place);
    const { platform: name, workspaceId } = place;
    const delivery = new AnswerDelivery(
      {
        sql,
        platform,
        postings: this.postings,
        place,
        control,
        logger,
        to: asker === null ? null : { platform: name, workspaceId, id: asker },
        takeTask: () => this.takeTask(),
        rest: () => platform.setStatus(place, null),
        stop: async () => void (await cancel(turnId).catch(() => {})),
        now: () => performance.now(),
      },
      {
        messageId: message.id,
        answer,
        rows: deliveries.filter(
          ({ kind, subjectId }) => kind === "answer" && subjectId === message.id,
        ),
      },
    );
    await delivery.run();
  }

  /** Shows an answer while it is written; everything else of the place is kept up to date beside it. */
  private async follow(
    message: Message,
    answer: AnswerText,
    onEvent: (listener: () => void) => void,
  ): Promise<void> {
    const { sql, streams } = this.deps;
    const { place, platform, control } = this.given;
    const turnId = message.turnId!;
    const deliveries = await listChangeable(sql, place.linkId);
    const source = await streams.turn(turnId);
    const breakOff = (): void => answer.breakOff(new LookLost("the look was broken off"));
    control.signal.addEventListener("abort", breakOff, { once: true });
    const read = async (): Promise<string> => (await storedAnswer(sql, turnId))?.text ?? "";
    const pumping = pump(source, answer, read).catch((error: unknown) => {
      answer.breakOff(error instanceof Error ? error : new Error(String(error)));
    });
    const news = new AnswerText(0);
    onEvent(() => news.wake());
    void platform.setStatus(place, THINKING);
    const showing = this.showAnswer(message, answer, deliveries).finally(() => news.finish(""));
    try {
      await Promise.all([showing, this.keepUp(message.id, news)]);
    } finally {
      control.signal.removeEventListener("abort", breakOff);
      breakOff();
      source.close();
      await Promise.allSettled([showing, pumping]);
      await platform.setStatus(place, null);
    }
  }

  private async keepUp(followed: string, news: AnswerText): Promise<void> {
    while (!news.isFinal) {
      const seen = news.version;
      await this.pass(followed).catch((error: unknown) => {
        if (error instanceof LookLost) throw error;
        // Not worth the running answer; afterwards it is met again, and dealt with.
        this.deps.logger.info({ err: error }, "the rest of a place waits for its answer");
      });
      if (news.version === seen) await news.changed(SIDE_MS);
    }
  }

  /** Also before the answer is followed: it is told with its first text. */
  private noteDraft(
    draft: Extract<LiveMessage, { type: "drafting" }>,
    answer: AnswerText | null,
  ): void {
    const section = oneLine(draft.section?.at(-1) ?? "");
    if (draft.ended) {
      const title = this.task.title.replace(/^Drafting (.*) …$/u, "Drafted $1");
      this.task = { ...this.task, title, done: true };
    } else {
      if (draft.section === null) this.tasks += 1;
      const where = section === "" ? "" : ` to § ${section}`;
      this.task = { id: `draft-${this.tasks}`, title: `Drafting an edit${where} …`, done: false };
      void this.given.platform.setStatus(this.given.place, `is drafting an edit${where}…`);
    }
    this.isTaskNew = true;
    answer?.wake();
  }

  private takeTask(): Task | null {
    const task = this.isTaskNew ? this.task : null;
    this.isTaskNew = false;
    return task;
  }
}

/** What belongs below an answer waits until the answer stands there; a note may come while it is written. */
function waitsFor(item: PlaceItem, answer: Message): boolean {
  if (item.order <= answer.seq || (item.kind === "answer" && item.message.id === answer.id)) {
    return false;
  }
  return item.kind !== "note" || answer.status !== "streaming";
}

function isNew(item: PlaceItem, deliveries: readonly Delivery[]): boolean {
  const subjectId = "message" in item ? item.message.id : idOf(item);
  return !deliveries.some((row) => row.subjectId === subjectId && row.platformMessageId !== null);
}

function idOf(item: Extract<PlaceItem, { kind: "card" | "list" }>): string {
  return item.kind === "card" ? item.subject.change.id : item.turnId;
}

function findRow(
  deliveries: readonly Delivery[],
  kind: Delivery["kind"],
  subjectId: string,
): Delivery | undefined {
  return deliveries.find((row) => row.kind === kind && row.subjectId === subjectId);
}
