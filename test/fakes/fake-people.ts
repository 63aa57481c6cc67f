/** The desk of people in memory: a test fills and reads its rows. */
import { randomUUID } from "node:crypto";
import type { User } from "../../src/engine.ts";
import { UserError } from "../../src/errors.ts";
import type { PeopleDesk, Person } from "../../src/rfcs/person.ts";
import { EARLIER, type FakeWorld } from "./fake-world.ts";

export class FakePeople implements PeopleDesk {
  readonly rows: Person[] = [];
  readonly #maintainers = new Map<string, Set<string>>();
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  add(fields: Partial<Person> & Pick<Person, "displayName">): Person {
    const row: Person = {
      id: randomUUID(),
      isBot: false,
      accounts: [],
      maintains: [],
      seenAt: EARLIER,
      ...fields,
    };
    this.rows.push(row);
    return row;
  }

  async localMaintainer(): Promise<User> {
    return this.#world.user;
  }

  async list(): Promise<Person[]> {
    return this.rows;
  }

  async find(userId: string): Promise<Person | null> {
    return this.rows.find(({ id }) => id === userId) ?? null;
  }

  async maintainers(slug: string): Promise<{ userId: string; name: string }[]> {
    this.#world.rfc(slug);
    const ids = this.#maintainers.get(slug) ?? new Set();
    return this.rows
      .filter(({ id }) => ids.has(id))
      .map(({ id, displayName }) => ({ userId: id, name: displayName }));
  }

  async setMaintainer(slug: string, userId: string, isOne: boolean): Promise<void> {
    this.#world.rfc(slug);
    if (!this.rows.some(({ id }) => id === userId)) {
      throw new UserError("not-found", "There is no such person.");
    }
    const ids = this.#maintainers.get(slug) ?? new Set();
    this.#maintainers.set(slug, ids);
    if (isOne) ids.add(userId);
    else ids.delete(userId);
  }

  assertMayDecide: PeopleDesk["assertMayDecide"] = async () => {};

  noting: PeopleDesk["noting"] = (_userId, _door, _about, work) => work();
  noteStranger: PeopleDesk["noteStranger"] = async () => {};
}
