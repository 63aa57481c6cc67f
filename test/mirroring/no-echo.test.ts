/** Whatever is said where: each place is to show what the others hear, and never what was said in it. */
import fc from "fast-check";
import { expect, it } from "vitest";

import { ensureDelivery, updateDelivery } from "../../src/store/deliveries.ts";
import { insertRemark } from "../../src/store/messages.ts";
import { listRemarks, settleRemark } from "../../src/store/remarks.ts";
import { insertChatLink } from "../../src/store/thread-links.ts";
import type { DeskWorld } from "../chat/desk-world.ts";
import { MEMBER } from "../chat/desk-world.ts";
import { useDesk } from "../chat/use-desk.ts";

let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

const PLACES = ["slack", "discord", "slack"] as const;

/** In the place of that number, or in the console; a place joins before that message. */
type Step =
  | { kind: "say"; where: number | null }
  | { kind: "join"; where: number }
  | { kind: "edit" | "delete"; which: number }
  | { kind: "show"; where: number };

const place = fc.nat({ max: PLACES.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("say"), where: fc.option(place) }), weight: 4 },
  fc.record({ kind: fc.constant("join"), where: place }),
  fc.record({ kind: fc.constantFrom("edit", "delete"), which: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("show"), where: place }),
);

interface Said {
  id: string;
  where: number | null;
  isDeleted: boolean;
}

it("shows each message once in every other place, as it reads, and nowhere twice", async () => {
  const by = await world.user(MEMBER);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      run += 1;
      const { id: threadId } = await world.built.engine.threads.create(
        { rfcSlug: "rfc", branchName: "main", kind: "discussion" },
        by,
      );
      const linkIds: (string | null)[] = PLACES.map(() => null);
      const said: Said[] = [];
      /** What each place shows, and from which message on it is to. */
      const shown = PLACES.map(() => new Set<string>());
      const from = PLACES.map(() => 0);
      let edits = 0;
      const show = async (where: number): Promise<void> => {
        const linkId = linkIds[where];
        if (!linkId) return;
        const remarks = await listRemarks(world.sql, { linkId });
        expect(remarks.map(({ seq }) => seq)).toEqual(
          remarks.map(({ seq }) => seq).toSorted((a, b) => a - b),
        );
        for (const remark of remarks) {
          const key = `${remark.id} ${remark.edition}`;
          // What was deleted is listed once more, to be taken away.
          expect(shown[where]!.has(key) && !remark.isDeleted).toBe(false);
          const subject = { kind: "remark" as const, subjectId: remark.id };
          const row = await ensureDelivery(world.sql, linkId, subject);
          const state = remark.isDeleted ? "removed" : "live";
          await updateDelivery(world.sql, row.id, { state, platformMessageId: `m${row.id}` });
          if (remark.isDeleted) continue;
          shown[where]!.add(key);
          await settleRemark(world.sql, linkId, remark.id, remark.edition);
        }
      };
      for (const one of steps) {
        if (one.kind === "say") {
          const saidIn = one.where === null ? null : linkIds[one.where]!;
          if (one.where !== null && saidIn === null) continue;
          const row = { threadId, authorUserId: by.id, text: "Hm.", quote: null, dedupKey: null };
          const id = await world.sql.begin((tx) => insertRemark(tx, { ...row, saidIn }));
          said.push({ id: id!, where: one.where, isDeleted: false });
        } else if (one.kind === "join") {
          if (linkIds[one.where] !== null) continue;
          const at = {
            platform: PLACES[one.where]!,
            workspaceId: "T1",
            place: `C${run}/${one.where}`,
          };
          const given = { threadId, at, url: null, privateTo: null, reach: "workspace" as const };
          const link = { ...given, reachKnown: true, isAgreed: false };
          linkIds[one.where] = (await insertChatLink(world.sql, link)).id;
          from[one.where] = said.length;
        } else if (one.kind === "show") await show(one.where);
        else {
          const message = said[one.which];
          if (!message || message.isDeleted) continue;
          message.isDeleted = one.kind === "delete";
          edits += 1;
          await (message.isDeleted
            ? world.sql`update thread_messages set deleted_at = now(), text = '' where id = ${message.id}`
            : world.sql`update thread_messages set text = ${`Hm ${edits}`},
                edited_at = clock_timestamp() where id = ${message.id}`);
        }
      }
      for (const [where] of PLACES.entries()) {
        await show(where);
        await show(where);
        if (linkIds[where] === null) continue;
        const rows = await world.sql<{ id: string }[]>`
          select d.subject_id as id from deliveries d
            join thread_messages m on m.id = d.subject_id
          where d.link_id = ${linkIds[where]!} and d.kind = 'remark' and d.state = 'sent'
            and d.edition = coalesce(m.edited_at::text, '') order by m.seq`;
        const due = said.slice(from[where]).filter((one) => one.where !== where && !one.isDeleted);
        expect(rows.map(({ id }) => id)).toEqual(due.map(({ id }) => id));
      }
    }),
    { numRuns: 25 },
  );
});
