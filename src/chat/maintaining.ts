/** Who may accept and decline in a workspace, or on one RFC, as admins say. */
import type { CommandAnswer } from "../commands/command.ts";
import { forEveryone, forPerson } from "../commands/command.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import { storableText } from "../storable.ts";
import {
  deleteMaintainer,
  deleteMaintainerRole,
  insertMaintainer,
  insertMaintainerRole,
  listDeciders,
} from "../store/maintainers.ts";
import {
  deleteRfcMaintainer,
  insertRfcMaintainer,
  listRfcMaintainers,
} from "../store/rfc-maintainers.ts";
import type { ChatPerson } from "./chat-event.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { heldLink } from "./command-context.ts";
import { describeDeciders, describeOfRfc } from "./descriptions.ts";
import { userOf } from "./people.ts";
import { assertAdmin } from "./permissions.ts";
import { doAndSay } from "./saying.ts";
import { asCode } from "./wording.ts";

type Act = "add" | "remove";

export async function describeMaintainers(context: CommandContext): Promise<string> {
  const { services, by, platform, held } = context;
  const { sql } = services;
  const here = describeDeciders(await listDeciders(sql, by), platform.words);
  if (!held) return here;
  const { rfcSlug } = held.thread;
  const ofRfc = (await listRfcMaintainers(sql, rfcSlug)).map(({ name }) => name);
  const byAccount = (await services.permissions.takesAccounts(rfcSlug))
    ? `Whoever may write to its repository on GitHub, too, once they have shown it with ${asCode(platform.words, "connect")}.`
    : null;
  return [here, describeOfRfc(ofRfc), byAccount].filter((line) => line !== null).join("\n\n");
}

/** @throws UserError */
export async function changeMaintainers(
  context: CommandContext,
  { act, who, of }: { act: Act; who: string; of: "rfc" | null },
): Promise<CommandAnswer | null> {
  await assertMayName(context, act);
  const named = whoIsNamed(context, who);
  if (named.kind === "person") {
    return changePerson(context, act, named.person, of === null ? null : await heldLink(context));
  }
  if (of === null) return changeRole(context, act, named.roleId);
  throw new UserError(
    "invalid-request",
    "Of an RFC people are made maintainers one by one; a role is made one of the whole server.",
  );
}

/** Whoever names people lets them decide. @throws UserError forbidden */
function assertMayName(context: CommandContext, act: Act): Promise<void> {
  const { services, by, user, held, key: eventKey } = context;
  const rfcSlug = held?.thread.rfcSlug ?? null;
  const about = { rfcSlug, act: `${act}_maintainer`, subject: null, why: "no admin", eventKey };
  return services.permissions.noting(user.id, by.platform, about, () =>
    assertAdmin(context, "name maintainers"),
  );
}

async function changePerson(
  context: CommandContext,
  act: Act,
  person: ChatPerson,
  held: Held | null,
): Promise<CommandAnswer | null> {
  const { services, platform, by, user } = context;
  const { workspace } = platform.words;
  const target = await userOf(services, platform, person);
  // Also by another account of theirs.
  if (act === "add" && target.id === user.id) {
    throw new UserError(
      "forbidden",
      `Nobody adds themselves; another admin of this ${workspace} can add you.`,
    );
  }
  const name = oneLine(target.displayName);
  const admin = oneLine(user.displayName);
  if (held) return changeOfRfc(context, act, held.thread.rfcSlug, { target, name, admin });
  return doAndSay(context, async (tx) => {
    if (act === "add") {
      return (await insertMaintainer(tx, by, target.id, user.id))
        ? forEveryone(
            `${admin} made ${name} a maintainer: they may accept and decline in this ${workspace}.`,
          )
        : forPerson(`${name} is a maintainer already.`);
    }
    return (await deleteMaintainer(tx, by, target.id))
      ? forEveryone(`${admin} took ${name} off the maintainers of this ${workspace}.`)
      : forPerson(`${name} is no maintainer.`);
  });
}

function changeOfRfc(
  context: CommandContext,
  act: Act,
  rfcSlug: string,
  { target, name, admin }: { target: User; name: string; admin: string },
): Promise<CommandAnswer | null> {
  return doAndSay(context, async (tx) => {
    if (act === "add") {
      return (await insertRfcMaintainer(tx, rfcSlug, target.id, context.user.id))
        ? forEveryone(
            `${admin} made ${name} a maintainer of this RFC: they may accept and decline on it, wherever it is discussed.`,
          )
        : forPerson(`${name} is a maintainer of this RFC already.`);
    }
    return (await deleteRfcMaintainer(tx, rfcSlug, target.id))
      ? forEveryone(`${admin} took ${name} off the maintainers of this RFC.`)
      : forPerson(`${name} is no maintainer of this RFC.`);
  });
}

/** Everybody who has the role, for as long as they have it. */
async function changeRole(
  context: CommandContext,
  act: Act,
  roleId: string,
): Promise<CommandAnswer | null> {
  const { platform, by, user } = context;
  const { workspace } = platform.words;
  const admin = oneLine(user.displayName);
  if (act === "remove") {
    return doAndSay(context, async (tx) => {
      const known = await deleteMaintainerRole(tx, by, roleId);
      return known === null
        ? forPerson("That role is none of the maintainers.")
        : forEveryone(`${admin} took the role ${known} off the maintainers of this ${workspace}.`);
    });
  }
  const name = await platform.nameOfRole(by.workspaceId, roleId);
  if (name === null) throw new UserError("not-found", `This ${workspace} has no such role.`);
  if ((await platform.rolesOf(by)).includes(roleId)) {
    throw new UserError(
      "forbidden",
      `Nobody adds themselves, and you have that role; another admin of this ${workspace} can add it.`,
    );
  }
  const role = { id: roleId, name: storableText(oneLine(name)) || roleId };
  return doAndSay(context, async (tx) =>
    (await insertMaintainerRole(tx, by, role, user.id))
      ? forEveryone(
          `${admin} made everybody with the role ${role.name} a maintainer: they may accept and decline in this ${workspace}.`,
        )
      : forPerson(`The role ${role.name} is among the maintainers already.`),
  );
}

type Named = { kind: "person"; person: ChatPerson } | { kind: "role"; roleId: string };

/** @throws UserError where nobody is named, or it is not clear who */
function whoIsNamed(context: CommandContext, who: string): Named {
  const { platform, by, mentioned, mentionedRoles } = context;
  const { words } = platform;
  const person = platform.parseMention(by.workspaceId, who);
  if (person) return { kind: "person", person };
  const role = platform.parseRole(by.workspaceId, who);
  if (role !== null) return { kind: "role", roleId: role };
  const all: Named[] = [
    ...mentioned.map((one) => ({ kind: "person", person: one }) as const),
    ...mentionedRoles.map((roleId) => ({ kind: "role", roleId }) as const),
  ];
  const [only, ...others] = all;
  if (only && others.length === 0) return only;
  const usage = asCode(words, `maintainers add ${words.maintainer}`);
  // What a command names is not listed apart.
  const isSeveral = only !== undefined || who.trim().split(/\s+/u).every(isMention(context));
  throw new UserError(
    "invalid-request",
    isSeveral
      ? `Name one at a time: ${usage}.`
      : `I do not know whom you mean; mention them: ${usage}.`,
  );
}

function isMention({ platform, by }: CommandContext): (word: string) => boolean {
  return (word) =>
    platform.parseMention(by.workspaceId, word) !== null ||
    platform.parseRole(by.workspaceId, word) !== null;
}
