/** Shows what a person wrote elsewhere in one place, follows its edits, and takes it away with its deletion. */
import type { ChatContent } from "../chat/card.ts";
import type { ChatPlatform } from "../chat/chat-platform.ts";
import { MessageGone, PlaceRefused } from "../chat/chat-platform.ts";
import type { LookControl } from "../look-runner.ts";
import type { Logger } from "../log.ts";
import type { Sql } from "../store/database.ts";
import type { Delivery, HeldPlace } from "../store/deliveries.ts";
import {
  dropDelivery,
  ensureDelivery,
  listDeliveries,
  updateDelivery,
} from "../store/deliveries.ts";
import type { Remark } from "../store/remarks.ts";
import { settleRemark } from "../store/remarks.ts";
import { essenceOf } from "./essence.ts";
import type { Postings } from "./postings.ts";
import { remarkParts } from "./remark-text.ts";
import { digest } from "./segment.ts";

export interface RemarkDeliveryDeps {
  sql: Sql;
  platform: ChatPlatform;
  postings: Postings;
  place: HeldPlace;
  control: LookControl;
  logger: Logger;
}

const REFUSED = "This message could not be shown here; it is in the console.";

export class RemarkDelivery {
  private readonly deps: RemarkDeliveryDeps;

  constructor(deps: RemarkDeliveryDeps) {
    this.deps = deps;
  }

  async show(remark: Remark): Promise<void> {
    const { sql, place, platform } = this.deps;
    const rows = await listDeliveries(sql, place.linkId, "remark", remark.id);
    if (remark.isDeleted) return this.removeAll(rows);
    const parts = remarkParts(remark, platform.limits.posted);
    for (const [segment, markdown] of parts.entries()) {
      const subject = { kind: "remark" as const, subjectId: remark.id, segment };
      const row = rows[segment] ?? (await ensureDelivery(sql, place.linkId, subject));
      // Somebody does not want to see it: then the rest is not shown either.
      const isWanted =
        row.state !== "removed" && (await this.put(row, { kind: "remark", markdown }));
      if (!isWanted) {
        await this.removeAll(rows.slice(segment + 1));
        return settleRemark(sql, place.linkId, remark.id, remark.edition);
      }
    }
    for (const row of rows.slice(parts.length)) await this.drop(row);
    await settleRemark(sql, place.linkId, remark.id, remark.edition);
  }

  /** False where it cannot be shown, however often that is tried. */
  private async put(row: Delivery, content: ChatContent): Promise<boolean> {
    const { sql, postings, logger } = this.deps;
    const shown = digest(content);
    if (row.platformMessageId !== null && row.shown === shown) return true;
    try {
      await postings.show(row, () => content, "final");
      const { platformMessageId } = row;
      const essence = essenceOf(content);
      await updateDelivery(sql, row.id, { state: "live", platformMessageId, shown, essence });
      return true;
    } catch (error) {
      const isRefused = error instanceof PlaceRefused && error.scope === "content";
      if (!(error instanceof MessageGone) && !isRefused) throw error;
      logger.warn({ err: error, deliveryId: row.id }, "what was said elsewhere is not shown");
      if (isRefused) await this.sayRefused(row);
      await updateDelivery(sql, row.id, { state: "removed" });
      return false;
    }
  }

  /** What the platform does not take is not left out without a word. */
  private async sayRefused(row: Delivery): Promise<void> {
    try {
      await this.deps.postings.show(row, () => ({ kind: "remark", markdown: REFUSED }), "final");
    } catch (error) {
      const isRefused = error instanceof PlaceRefused && error.scope === "content";
      if (!(error instanceof MessageGone) && !isRefused) throw error;
    }
  }

  /** The first comes last, so that a crash half way leaves the rest to be found. */
  private async removeAll(rows: readonly Delivery[]): Promise<void> {
    for (const row of rows.toReversed()) {
      await this.takeAway(row);
      await updateDelivery(this.deps.sql, row.id, { state: "removed" });
    }
  }

  /** An earlier edition was longer. */
  private async drop(row: Delivery): Promise<void> {
    await this.takeAway(row);
    await dropDelivery(this.deps.sql, row.id);
  }

  private async takeAway(row: Delivery): Promise<void> {
    const { platform, place, control, postings } = this.deps;
    if (row.platformMessageId === null && row.state === "posting") await postings.adopt(row);
    const { platformMessageId, replaced } = row;
    const ids = platformMessageId === null ? replaced : [...replaced, platformMessageId];
    for (const id of ids) {
      control.assertHeld();
      await platform.remove(place, id);
    }
  }
}
