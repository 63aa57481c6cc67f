/** Posts messages once: each is written down before it is sent, and looked for before it is sent again. */
import type { ChatContent } from "../chat/card.ts";
import type { ChatPlatform, Urgency } from "../chat/chat-platform.ts";
import { parseCardRef } from "../chat/card-ref.ts";
import { MessageTooOld, SendUncertain } from "../chat/chat-platform.ts";
import type { LookControl } from "../look-runner.ts";
import { LookLost } from "../look-runner.ts";
import type { Sql } from "../store/database.ts";
import type { Delivery, HeldPlace } from "../store/deliveries.ts";
import {
  beginDelivery,
  listKnown,
  replaceDelivery,
  unbeginDelivery,
  updateDelivery,
} from "../store/deliveries.ts";
import { essenceOf } from "./essence.ts";
import type { PlaceLook } from "../store/place-looks.ts";

export interface PostingsDeps {
  sql: Sql;
  platform: ChatPlatform;
  place: HeldPlace;
  look: PlaceLook;
  control: LookControl;
}

/** How far the platform's clock may be behind the database's. */
const SKEW_MS = 120_000;
/** The same for messages that carry no key, where an earlier one of Redline's must not be meant. */
const KEYLESS_SKEW_MS = 5_000;

export class Postings {
  private readonly deps: PostingsDeps;

  constructor(deps: PostingsDeps) {
    this.deps = deps;
  }

  /** Writes down that the message is about to be sent. @throws LookLost */
  async begin(row: Delivery): Promise<void> {
    const { sql, look } = this.deps;
    const begunAt = await beginDelivery(sql, look, row.id);
    if (begunAt === null) throw new LookLost("another worker has the look by now");
    row.begunAt = begunAt;
    row.state = "posting";
  }

  /** It is known that nothing was sent. */
  async unbegin(row: Delivery): Promise<void> {
    const { sql, look } = this.deps;
    await unbeginDelivery(sql, look, row.id);
    row.state = "pending";
    row.begunAt = null;
  }

  /** Finds what became of a delivery that was begun; false when the platform has nothing of it. */
  async adopt(row: Delivery): Promise<boolean> {
    row.platformMessageId = await this.find(row);
    if (row.platformMessageId === null) return false;
    await this.keep(row);
    return true;
  }

  /**
   * By its key; streams have none, and on a platform without them it may be that no text has: then the first
   * of Redline's own since then that shows nothing else.
   */
  private async find(row: Delivery): Promise<string | null> {
    const { sql, platform, place } = this.deps;
    const begunAt = row.begunAt?.getTime() ?? Date.now();
    const own = await platform.listOwn(place, new Date(begunAt - SKEW_MS));
    const byKey = own.find(({ id, key }) => isKeyOf(row, key) && !row.replaced.includes(id));
    if (byKey) return byKey.id;
    const isSaid = row.kind === "note" || row.kind === "remark";
    const isText = isSaid && platform.limits.streamed === null;
    if (row.kind !== "answer" && !isText) return null;
    const keyless = own.filter(
      ({ key, postedAt }) => key === null && postedAt.getTime() >= begunAt - KEYLESS_SKEW_MS,
    );
    const ids = keyless.map(({ id }) => id);
    const known = await listKnown(sql, place, ids);
    return ids.find((id) => !known.has(id)) ?? null;
  }

  /**
   * Posts the message, or edits it where it stands already; one that is too old to be edited gets a
   * successor where it would say something wrong.
   * @throws MessageGone, PlaceRefused, HostBusy, SendUncertain, LookLost
   */
  async show(row: Delivery, take: () => ChatContent | null, urgency: Urgency): Promise<void> {
    const { platform, place, control } = this.deps;
    if (row.platformMessageId === null && row.state === "posting") await this.adopt(row);
    if (row.platformMessageId !== null) {
      control.assertHeld();
      const held = (): ChatContent | null => {
        control.assertHeld();
        return take();
      };
      try {
        return await platform.edit(place, row.platformMessageId, held, urgency);
      } catch (error) {
        if (!(error instanceof MessageTooOld)) throw error;
        const content = take();
        if (content === null || essenceOf(content) === row.essence) return;
        await this.replace(row, row.platformMessageId);
      }
    }
    await this.clear(row);
    const content = take();
    if (content === null) return;
    await this.begin(row);
    control.assertHeld();
    try {
      row.platformMessageId = await platform.post(place, content, row.postKey, () =>
        control.assertHeld(),
      );
    } catch (error) {
      if (!(error instanceof SendUncertain)) await this.unbegin(row);
      else if (await this.adopt(row)) return;
      throw error;
    }
    await this.keep(row);
  }

  private async replace(row: Delivery, platformMessageId: string): Promise<void> {
    const { sql, platform, place, look } = this.deps;
    const url = await platform.linkTo(place, platformMessageId);
    const anew = await replaceDelivery(sql, look, row.id, { platformMessageId, url });
    if (!anew) throw new LookLost("another worker has the look by now");
    Object.assign(row, anew);
  }

  /** What is said is said once; of a card the older message stays, and the newer one names it. */
  private async clear({ kind, replaced }: Delivery): Promise<void> {
    const { platform, place, control } = this.deps;
    if (kind === "card" || kind === "list" || kind === "merge") return;
    for (const id of replaced) {
      control.assertHeld();
      await platform.remove(place, id);
    }
  }

  private async keep(row: Delivery): Promise<void> {
    const { platformMessageId } = row;
    await updateDelivery(this.deps.sql, row.id, { state: "live", platformMessageId, shown: "" });
    row.state = "live";
    row.shown = "";
  }
}

/** A platform that keeps no keys may give what the buttons of the message carry. */
function isKeyOf({ id, postKey }: Delivery, key: string | null): boolean {
  return key !== null && (key === postKey || parseCardRef(key).id === id);
}
