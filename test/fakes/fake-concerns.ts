/** The desks of concerns and merges in memory: a test fills and reads their rows. */
import { randomUUID } from "node:crypto";
import type { Concern, ConcernDesk, MergeDesk, MergeProposal } from "../../src/concerns/concern.ts";
import type { User } from "../../src/engine.ts";
import { UserError } from "../../src/errors.ts";
import { EARLIER, type FakeWorld } from "./fake-world.ts";

const DAY_MS = 86_400_000;

export class FakeConcerns implements ConcernDesk {
  readonly rows: Concern[] = [];
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  add(fields: Partial<Concern> & Pick<Concern, "rfcSlug" | "threadId">): Concern {
    const { id: authorId, displayName: author } = this.#world.user;
    const row: Concern = {
      id: randomUUID(),
      number: this.rows.filter(({ rfcSlug }) => rfcSlug === fields.rfcSlug).length + 1,
      branchName: "main",
      authorId,
      author,
      text: "This will not hold.",
      state: "open",
      passage: null,
      anchorText: null,
      anchorBlobSha: null,
      anchorStaleSince: null,
      settledBy: null,
      settledWhy: null,
      settledAt: null,
      createdAt: EARLIER,
      ...fields,
    };
    this.rows.push(row);
    return row;
  }

  async get(id: string): Promise<Concern> {
    const row = this.rows.find((one) => one.id === id);
    if (row) return row;
    throw new UserError("not-found", "There is no such concern.");
  }

  async list(rfcSlug: string): Promise<Concern[]> {
    return this.rows.filter((row) => row.rfcSlug === rfcSlug);
  }

  readonly raise: ConcernDesk["raise"] = async (threadId, { text, passage }, by) => {
    const { rfcSlug, branchName } = this.#world.thread(threadId);
    if (text.trim() === "") {
      throw new UserError("invalid-text", "The concern is empty; say what troubles you.");
    }
    const anchor = passage === null ? {} : this.#anchor(rfcSlug, passage);
    const author = { authorId: by.id, author: by.displayName };
    const createdAt = new Date();
    return this.add({ rfcSlug, branchName, threadId, text, createdAt, ...author, ...anchor });
  };

  async resolve(id: string, why: string | undefined, by: User): Promise<Concern> {
    return this.#settle(await this.get(id), "resolved", why ?? null, by);
  }

  async withdraw(id: string, by: User): Promise<Concern> {
    const row = await this.get(id);
    if (row.authorId !== by.id) {
      throw new UserError("forbidden", "Only its author can withdraw a concern.");
    }
    return this.#settle(row, "withdrawn", null, by);
  }

  #anchor(
    rfcSlug: string,
    place: NonNullable<Parameters<ConcernDesk["raise"]>[1]["passage"]>,
  ): Partial<Concern> {
    const { body, blobSha } = this.#world.rfc(rfcSlug);
    const start = "text" in place ? body.indexOf(place.text) : place.start;
    const end = "text" in place ? start + place.text.length : place.end;
    const passage = { start, end };
    return { passage, anchorText: body.slice(start, end), anchorBlobSha: blobSha };
  }

  #settle(row: Concern, state: "resolved" | "withdrawn", why: string | null, by: User): Concern {
    if (row.state !== "open") {
      throw new UserError("already-decided", `Concern ${row.number} is ${row.state} already.`);
    }
    const settled = { settledBy: by.displayName, settledWhy: why, settledAt: new Date() };
    return Object.assign(row, { state, ...settled });
  }
}

export class FakeMerges implements MergeDesk {
  readonly rows: MergeProposal[] = [];
  /** Who is asked besides the proposer. */
  asked: { userId: string; name: string }[] = [];
  readonly #world: FakeWorld;
  readonly #concerns: FakeConcerns;

  constructor(world: FakeWorld, concerns: FakeConcerns) {
    this.#world = world;
    this.#concerns = concerns;
  }

  add(fields: Partial<MergeProposal> & Pick<MergeProposal, "rfcSlug" | "threadId">): MergeProposal {
    const { id: proposedById, displayName: proposedBy } = this.#world.user;
    const waitDays = fields.waitDays ?? 3;
    const row: MergeProposal = {
      id: randomUUID(),
      branchName: "main",
      prNumber: null,
      proposedById,
      proposedBy,
      state: "open",
      waitDays,
      createdAt: EARLIER,
      endsAt: new Date(EARLIER.getTime() + waitDays * DAY_MS),
      settledAt: null,
      words: this.asked.map((one) => ({ ...one, word: null, saidAt: null })),
      openConcerns: [],
      pendingChanges: [],
      ...fields,
    };
    this.rows.push(row);
    return row;
  }

  async inSight(proposal: MergeProposal): Promise<MergeProposal> {
    return proposal;
  }

  async current(rfcSlug: string, branchName: string): Promise<MergeProposal | null> {
    const row = this.rows.findLast(
      (one) => one.rfcSlug === rfcSlug && one.branchName === branchName,
    );
    if (!row) return null;
    const concerns = await this.#concerns.list(rfcSlug);
    row.openConcerns = concerns.filter(({ state }) => state === "open");
    row.pendingChanges = this.#world.pendingChanges(rfcSlug);
    return row;
  }

  readonly propose: MergeDesk["propose"] = async (threadId, { waitDays }, by) => {
    const { rfcSlug, branchName } = this.#world.thread(threadId);
    if ((await this.current(rfcSlug, branchName))?.state === "open") {
      throw new UserError("already-exists", "Its merge is proposed already; say your word there.");
    }
    if (waitDays !== undefined && waitDays > 90) {
      throw new UserError("invalid-request", "Wait between 0 and 90 days.");
    }
    const proposer = { proposedById: by.id, proposedBy: by.displayName };
    const createdAt = new Date();
    this.add({ rfcSlug, branchName, threadId, waitDays: waitDays ?? 3, createdAt, ...proposer });
    return (await this.current(rfcSlug, branchName))!;
  };

  async say(id: string, word: "agree" | "object", by: User): Promise<MergeProposal> {
    const row = await this.#open(id);
    const mine = row.words.find(({ userId }) => userId === by.id);
    if (!mine) throw new UserError("forbidden", "You were not asked for your word on this merge.");
    Object.assign(mine, { word, saidAt: new Date() });
    return row;
  }

  async withdraw(id: string): Promise<MergeProposal> {
    return Object.assign(await this.#open(id), { state: "withdrawn", settledAt: new Date() });
  }

  async get(id: string): Promise<MergeProposal> {
    const row = this.rows.find((one) => one.id === id);
    if (row) return row;
    throw new UserError("not-found", "There is no such merge proposal.");
  }

  async #open(id: string): Promise<MergeProposal> {
    const row = await this.get(id);
    if (row.state !== "open") {
      throw new UserError("already-decided", `This proposal is ${row.state} already.`);
    }
    return row;
  }
}
