/** Shows notes, cards and lists of one place, each as one message. */
import { choicesOf } from "../chat/build-card.ts";
import type { ChatContent } from "../chat/card.ts";
import { MessageGone, PlaceRefused } from "../chat/chat-platform.ts";
import type { ChosenPlace } from "../engine.ts";
import type { Logger } from "../log.ts";
import type { Links } from "../reviews/links.ts";
import type { Sql } from "../store/database.ts";
import type { Delivery, HeldPlace } from "../store/deliveries.ts";
import { ensureDelivery, keepChoices, updateDelivery } from "../store/deliveries.ts";
import type { PlaceChange } from "../store/place-scene.ts";
import { essenceOf } from "./essence.ts";
import type { CardSetting, PlaceItem } from "./place-plan.ts";
import { cardContent, listContent, mergeContent } from "./place-plan.ts";
import type { Postings } from "./postings.ts";
import { digest } from "./segment.ts";

export interface ItemDeliveryDeps {
  sql: Sql;
  links: Links;
  logger: Logger;
  place: HeldPlace;
  postings: Postings;
}

export class ItemDelivery {
  private readonly deps: ItemDeliveryDeps;

  constructor(deps: ItemDeliveryDeps) {
    this.deps = deps;
  }

  /** What all cards of the place have in common. */
  setting({ slug, pullUrl }: { slug: string; pullUrl: string | null }): CardSetting {
    const { place } = this.deps;
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

  async show(
    item: Exclude<PlaceItem, { kind: "answer" | "remark" }>,
    deliveries: readonly Delivery[],
    setting: CardSetting,
  ): Promise<void> {
    switch (item.kind) {
      case "note":
        return this.put(await this.row("note", item.message.id, deliveries), () => ({
          content: { kind: "note", markdown: item.message.text },
        }));
      case "card":
        if (setting.isEnded && !findRow(deliveries, "card", item.subject.change.id)) return;
        return this.put(await this.row("card", item.subject.change.id, deliveries), (row) =>
          cardContent(row, item.subject, setting),
        );
      case "list":
        return this.showList(item, deliveries, setting);
      case "merge":
        return this.put(await this.row("merge", item.merge.proposal.id, deliveries), (row) => ({
          content: mergeContent(row, item.merge, setting),
        }));
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
    return known ?? ensureDelivery(this.deps.sql, this.deps.place.linkId, { kind, subjectId });
  }

  /** Shows a message as it ought to be, if it is not so already. */
  private async put(
    row: Delivery,
    make: (row: Delivery) => { content: ChatContent; choices?: readonly ChosenPlace[] },
  ): Promise<void> {
    if (row.state === "removed") return;
    const { content, choices } = make(row);
    if (row.platformMessageId !== null && row.shown === digest(content)) return;
    const { sql, logger } = this.deps;
    // Before it is shown: a button of it may be pressed at once.
    if (choices) await keepChoices(sql, row.id, choices);
    try {
      // Made when it is sent: by then it may take the place of an older message.
      await this.deps.postings.show(row, () => make(row).content, "final");
      const { platformMessageId } = row;
      const now = make(row).content;
      const says = { shown: digest(now), essence: essenceOf(now) };
      await updateDelivery(sql, row.id, { state: "sent", platformMessageId, ...says });
    } catch (error) {
      const isRefused = error instanceof PlaceRefused && error.scope === "content";
      if (!(error instanceof MessageGone) && !isRefused) throw error;
      logger.warn({ err: error, deliveryId: row.id }, "a message is not shown any more");
      await updateDelivery(sql, row.id, { state: "removed" });
    }
  }
}

function findRow(
  deliveries: readonly Delivery[],
  kind: Delivery["kind"],
  subjectId: string,
): Delivery | undefined {
  return deliveries.find((row) => row.kind === kind && row.subjectId === subjectId);
}
