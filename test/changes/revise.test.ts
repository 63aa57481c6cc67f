import { describe, expect, it } from "vitest";
import { applyPlacement } from "../../src/changes/placement.ts";
import type { Change } from "../../src/changes/change.ts";
import type { NewEdit } from "../../src/engine.ts";
import type { DeskWorld } from "../chat/desk-world.ts";
import { MEMBER } from "../chat/desk-world.ts";
import { useDesk } from "../chat/use-desk.ts";

const AT = "acme/rfcs main rfc.md";
let world: DeskWorld;
useDesk((fresh) => {
  world = fresh;
});

describe("a person's own version of a change", () => {
  const propose = async (edit: NewEdit): Promise<Change> => {
    const { threadId } = await world.linked();
    return world.built.engine.changes.propose(threadId, edit, await world.user(MEMBER));
  };
  const revise = async (change: Change, proposed: string): Promise<Change> =>
    world.built.engine.changes.revise(change.id, { proposed }, await world.user(MEMBER));

  it("stands where the change stood, also where the text stands elsewhere", async () => {
    world.documents.set(AT, "Retries: yes.\n\nRetries: yes.\n");
    const change = await propose({ original: "yes", proposed: "no" });
    const { start, end } = change.placement.candidates[1]!;
    const place = { start, end, blobSha: change.baseBlobSha };
    const made = await revise(
      await world.built.engine.changes.choosePlace(change.id, place),
      "maybe",
    );
    expect(applyPlacement(world.documents.get(AT)!, made.placement)).toBe(
      "Retries: yes.\n\nRetries: maybe.\n",
    );
    expect(made.reason).toBe(change.reason);
  });

  it("is inserted where the change was", async () => {
    const change = await propose({ original: "", proposed: " Twice.", after: "one minute." });
    const made = await revise(change, " Thrice.");
    expect(made).toMatchObject({ original: "", insertAfter: "one minute." });
    expect(applyPlacement(world.documents.get(AT)!, made.placement)).toContain(
      "one minute. Thrice. The fox",
    );
  });

  it("replaces what stands there now, where somebody else has edited it", async () => {
    const change = await propose({ original: "one minute", proposed: "two minutes" });
    world.documents.set(AT, world.documents.get(AT)!.replace("one minute", "ten minutes"));
    await world.built.sync.sync("rfc", "main");
    const seen = await world.built.engine.changes.get(change.id);
    expect(["conflict", "rebased"]).toContain(seen.drift);
    const made = await revise(seen, "five minutes");
    const after = applyPlacement(world.documents.get(AT)!, made.placement);
    expect(after).toContain("after five minutes.");
    expect(made.drift).toBe("fresh");
  });

  it("is refused where the change has no place, or is decided", async () => {
    const nowhere = await propose({ original: "no such words anywhere here", proposed: "x" });
    await expect(revise(nowhere, "y")).rejects.toThrow("choose its place before you edit it");
    await world.built.engine.changes.decline(nowhere.id, undefined, await world.user(MEMBER));
    await expect(revise(nowhere, "y")).rejects.toThrow("declined already");
    expect(await world.sql`select 1 from changes`).toHaveLength(1);
  });
});
