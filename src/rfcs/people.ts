/** People over all their accounts, and who decides on which RFC. */
import { UserError } from "../errors.ts";
import { isUuid } from "../store/database.ts";
import type { Sql } from "../store/database.ts";
import { findPerson, listPeople } from "../store/list-people.ts";
import { ensureUser } from "../store/people.ts";
import {
  deleteRfcMaintainer,
  insertRfcMaintainer,
  listRfcMaintainers,
} from "../store/rfc-maintainers.ts";
import { findRfc } from "../store/rfcs.ts";
import type { Permissions } from "./permissions.ts";
import type { PeopleDesk } from "./person.ts";

export interface PeopleParts {
  sql: Sql;
  permissions: Permissions;
  /** Who uses the console on this machine. */
  maintainer: { name: string; email: string };
}

export function buildPeopleDesk({ sql, permissions, maintainer }: PeopleParts): PeopleDesk {
  return {
    localMaintainer: createLocalMaintainer(sql, maintainer),
    list: (sight) => listPeople(sql, sight),
    find: (userId) => findPerson(sql, userId),
    maintainers: async (rfcSlug) => {
      await assertRfc(sql, rfcSlug);
      return listRfcMaintainers(sql, rfcSlug);
    },
    setMaintainer: async (rfcSlug, userId, isOne, byUserId, sight) => {
      await assertRfc(sql, rfcSlug);
      const person = isUuid(userId) ? await findPerson(sql, userId, sight) : null;
      if (!person) throw new UserError("not-found", "There is no such person.");
      if (!isOne) {
        await deleteRfcMaintainer(sql, rfcSlug, userId);
        return;
      }
      if (person.isBot) throw new UserError("invalid-request", "A bot decides on nothing.");
      await insertRfcMaintainer(sql, rfcSlug, userId, byUserId);
    },
    assertMayDecide: (userId, door, about) => permissions.assertMayDecide(userId, door, about),
    noting: (userId, door, about, work) => permissions.noting(userId, door, about, work),
    noteStranger: (act, subject, why) => permissions.noteStranger(act, subject, why),
  };
}

/** The console's user on a loopback address; the row is made on first use. */
function createLocalMaintainer(
  sql: Sql,
  maintainer: { name: string; email: string },
): PeopleDesk["localMaintainer"] {
  const identity = { platform: "console", workspaceId: "", platformUserId: "local" };
  const seen = { displayName: maintainer.name, email: maintainer.email };
  let user: ReturnType<PeopleDesk["localMaintainer"]> | null = null;
  return () => {
    user ??= ensureUser(sql, identity, seen).catch((error: unknown) => {
      user = null;
      throw error;
    });
    return user;
  };
}

/** @throws UserError not-found */
async function assertRfc(sql: Sql, rfcSlug: string): Promise<void> {
  if (await findRfc(sql, rfcSlug)) return;
  throw new UserError("not-found", `There is no RFC “${rfcSlug}”.`);
}
