/** One look at a place in chat: shows what is not there yet, and keeps what is there up to date. */
import type { ChatPlatform } from "../chat/chat-platform.ts";
import type { ThreadStreams } from "../conversation/thread-streams.ts";
import type { Message } from "../conversation/thread.ts";
import type { Logger } from "../log.ts";
import { about } from "../log.ts";
import type { LookControl } from "../look-runner.ts";
import { LookLost } from "../look-runner.ts";
import type { Metrics } from "../metrics.ts";
import { secondsAfter } from "../metrics.ts";
import type { LiveMessage, StreamRelay } from "../ports.ts";
import { threadTopic } from "../ports.ts";
import type { Links } from "../reviews/links.ts";
import type { Sql } from "../store/database.ts";
import type { Delivery, HeldPlace } from "../store/deliveries.ts";
import { findPlace, listChangeable, listUnshown, MOST_LISTED } from "../store/deliveries.ts";
import { storedAnswer } from "../store/events.ts";
import type { PlaceLook } from "../store/place-looks.ts";
import { askedPlaces } from "../store/place-looks.ts";
import { listPlaceMerges } from "../store/place-merges.ts";
import { findAsker, findPlaceRfc, listPlaceChanges } from "../store/place-scene.ts";
import type { Remark } from "../store/remarks.ts";
import { listRemarks } from "../store/remarks.ts";
import { findAsking } from "../store/turns.ts";
import type { Tracing } from "../tracing.ts";
import { settledWithin } from "../waiting.ts";
import { AnswerDelivery, REST_MS } from "./answer-delivery.ts";
import { AnswerText, pump } from "./answer-text.ts";
import { DraftLine } from "./draft-line.ts";
import { ItemDelivery } from "./item-delivery.ts";
import { News } from "./news.ts";
import { markPlace } from "./place-mark.ts";
import type { PlaceItem } from "./place-plan.ts";
import { planItems } from "./place-plan.ts";
import { Postings } from "./postings.ts";
import { RemarkDelivery } from "./remark-delivery.ts";

export interface PlaceShowDeps {
  sql: Sql;
  relay: StreamRelay;
  streams: ThreadStreams;
  links: Links;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  platformOf(name: string): ChatPlatform | null;
  /** Whether its workspaces may talk about every RFC. */
  isOpenPlatform(name: string): boolean;
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
  const { threadId, linkId, workspaceId } = place;
  const ids = { platform: place.platform, workspaceId, threadId, linkId };
  const logger = about(deps.logger, ids);
  return new PlaceShow({ ...deps, logger }, { look, control, place, platform }).run();
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
  private readonly items: ItemDelivery;
  private readonly remarks: RemarkDelivery;
  private readonly draft = new DraftLine();
  /** Whether the last pass left out what it could not read at once. */
  private hasMore = false;

  constructor(deps: PlaceShowDeps, given: Given) {
    this.deps = deps;
    this.given = given;
    const { sql, links, logger } = deps;
    this.postings = new Postings({ sql, ...given });
    this.remarks = new RemarkDelivery({ sql, logger, ...given, postings: this.postings });
    this.items = new ItemDelivery({
      sql,
      links,
      logger,
      place: given.place,
      postings: this.postings,
    });
  }

  async run(): Promise<number> {
    const { sql, relay, logger } = this.deps;
    const { place, look, control, platform } = this.given;
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
        } else if (!this.hasMore && (await askedPlaces(sql, look.linkId)) === asked) {
          look.asked = asked;
          control.assertHeld();
          return (await markPlace({ sql, platform, logger }, place)) ?? QUIET_MS;
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
    const rfc = await findPlaceRfc(sql, place.threadId);
    if (!rfc) return null;
    const isOpen = this.deps.isOpenPlatform(place.platform);
    const [messages, written, changes, merges, deliveries] = await Promise.all([
      listUnshown(sql, place),
      listRemarks(sql, place),
      listPlaceChanges(sql, place),
      listPlaceMerges(sql, place, isOpen),
      listChangeable(sql, place.linkId),
    ]);
    const { unshown, remarks, isWhole } = inStep(rfc.newestSeq, messages, written);
    this.hasMore = !isWhole;
    const setting = this.items.setting(rfc);
    let running: Message | null = null;
    const open = unshown.find(({ id, status }) => id === followed || status === "streaming");
    for (const item of planItems({ unshown, remarks, changes, merges, deliveries })) {
      if (open && waitsFor(item, open) && isNew(item, deliveries)) continue;
      if (item.kind === "answer" && item.message.status === "streaming") running = item.message;
      else if (item.kind === "answer" && item.message.id === followed) continue;
      else if (item.kind === "answer") await this.showFinished(item.message, deliveries);
      else if (item.kind === "remark") await this.remarks.show(item.remark);
      else await this.items.show(item, deliveries, setting);
    }
    return running?.id === followed ? null : running;
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
    const { sql, logger, cancel, metrics, tracing } = this.deps;
    const { place, platform, control } = this.given;
    const turnId = message.turnId!;
    const [asker, asking] = await Promise.all([
      findAsker(sql, turnId, place),
      findAsking(sql, turnId),
    ]);
    const { platform: name, workspaceId } = place;
    const span = tracing.begin("show answer", {
      kind: "producer",
      parent: asking?.traceparent ?? null,
      attributes: { platform: name, workspaceId, threadId: place.threadId, turnId },
    });
    let isFirst = false;
    const delivery = new AnswerDelivery(
      {
        sql,
        platform,
        postings: this.postings,
        place,
        control,
        logger: about(logger, { turnId }),
        to: asker === null ? null : { platform: name, workspaceId, id: asker },
        takeTask: () => this.draft.take(),
        rest: () => platform.setStatus(place, null),
        stop: async () => void (await cancel(turnId).catch(() => {})),
        onFirstText: () => {
          isFirst = true;
          span.note("first text");
          if (!asking) return;
          metrics.observe("first_text_seconds", { platform: name }, secondsAfter(asking.askedAt));
        },
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
    try {
      await tracing.within(span, () => delivery.run());
      span.end();
      // One that was begun to be shown before may have been told of.
      if (!asking || !isFirst) return;
      metrics.observe("last_text_seconds", { platform: name }, secondsAfter(asking.askedAt));
    } catch (error) {
      span.end(error);
      throw error;
    }
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
    const news = new News();
    onEvent(() => news.wake());
    const isBegun = deliveries.some(
      ({ kind, subjectId, state }) =>
        kind === "answer" && subjectId === message.id && state !== "pending",
    );
    // What an earlier worker began to show says enough.
    if (!isBegun) void platform.setStatus(place, THINKING);
    const shown = new AbortController();
    const showing = this.showAnswer(message, answer, deliveries).finally(() => {
      shown.abort();
      news.wake();
    });
    try {
      await Promise.all([showing, this.keepUp(message.id, news, shown.signal)]);
    } finally {
      control.signal.removeEventListener("abort", breakOff);
      breakOff();
      source.close();
      await Promise.allSettled([showing, pumping]);
      await settledWithin(platform.setStatus(place, null), REST_MS);
    }
  }

  /** Until the answer is shown. */
  private async keepUp(followed: string, news: News, shown: AbortSignal): Promise<void> {
    while (!shown.aborted) {
      const seen = news.version;
      await this.pass(followed).catch((error: unknown) => {
        if (error instanceof LookLost) throw error;
        // Not worth the running answer; afterwards it is met again, and dealt with.
        this.deps.logger.info({ err: error }, "the rest of a place waits for its answer");
      });
      if (news.version === seen && !shown.aborted) await news.changed(SIDE_MS);
    }
  }

  /** Also before the answer is followed: it is told with its first text. */
  private noteDraft(
    notice: Extract<LiveMessage, { type: "drafting" }>,
    answer: AnswerText | null,
  ): void {
    const status = this.draft.note(notice);
    if (status !== null) void this.given.platform.setStatus(this.given.place, status);
    answer?.wake();
  }
}

/**
 * Both up to where all is known: each is read by itself, and what came in between may be in one of them alone.
 * Then nothing is shown before what stands above it.
 */
function inStep(
  newestSeq: number,
  messages: readonly Message[],
  written: readonly Remark[],
): { unshown: Message[]; remarks: Remark[]; isWhole: boolean } {
  const ends = [messages, written].flatMap((all) =>
    all.length < MOST_LISTED ? [] : [all.at(-1)!.seq],
  );
  const until = Math.min(newestSeq, ...ends);
  return {
    unshown: messages.filter(({ seq }) => seq <= until),
    remarks: written.filter(({ seq }) => seq <= until),
    isWhole: ends.length === 0,
  };
}

/** What belongs below an answer waits until the answer stands there; a note may come while it is written. */
function waitsFor(item: PlaceItem, answer: Message): boolean {
  if (item.order <= answer.seq || (item.kind === "answer" && item.message.id === answer.id)) {
    return false;
  }
  return item.kind !== "note" || answer.status !== "streaming";
}

function isNew(item: PlaceItem, deliveries: readonly Delivery[]): boolean {
  if (item.kind === "remark") return item.remark.shownAs === null;
  const subjectId = "message" in item ? item.message.id : idOf(item);
  return !deliveries.some((row) => row.subjectId === subjectId && row.platformMessageId !== null);
}

function idOf(item: Extract<PlaceItem, { kind: "card" | "list" | "merge" }>): string {
  if (item.kind === "merge") return item.merge.proposal.id;
  return item.kind === "card" ? item.subject.change.id : item.turnId;
}
