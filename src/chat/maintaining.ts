/** Who may accept and decline in a workspace, as its admins say. */
import type { CommandAnswer } from "../commands/command.ts";
import { forEveryone, forPerson } from "../commands/command.ts";
import { UserError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import { deleteMaintainer, insertMaintainer, listMaintainers } from "../store/maintainers.ts";
import type { ChatPerson } from "./chat-event.ts";
import type { CommandContext } from "./command-context.ts";
import { describeDeciders } from "./descriptions.ts";
import { userOf } from "./people.ts";
import { assertAdmin } from "./permissions.ts";

export async function describeMaintainers({ services, by }: CommandContext): Promise<string> {
  const known = await listMaintainers(services.sql, by);
  return describeDeciders(known.map(({ displayName }) => displayName));
}

/** @throws UserError */
export async function changeMaintainers(
  context: CommandContext,
  { act, who }: { act: "add" | "remove"; who: string },
): Promise<CommandAnswer> {
  const { services, platform, by, user } = context;
  await assertAdmin(context, "name maintainers");
  const person = personNamed(context, who);
  if (act === "add" && person.id === by.id) {
    throw new UserError(
      "forbidden",
      "Nobody adds themselves; another admin of this workspace can add you.",
    );
  }
  const target = await userOf(services, platform, person);
  const name = oneLine(target.displayName);
  const admin = oneLine(user.displayName);
  const changed =
    act === "add"
      ? await insertMaintainer(services.sql, by, target.id, user.id)
      : await deleteMaintainer(services.sql, by, target.id);
  if (!changed) {
    return forPerson(
      act === "add" ? `${name} is a maintainer already.` : `${name} is no maintainer.`,
    );
  }
  return forEveryone(
    act === "add"
      ? `${admin} made ${name} a maintainer: they may accept and decline in this workspace.`
      : `${admin} took ${name} off the maintainers of this workspace.`,
  );
}

/** @throws UserError where nobody is named, or it is not clear who */
function personNamed({ platform, by, mentioned }: CommandContext, who: string): ChatPerson {
  const named = platform.parseMention(by.workspaceId, who);
  if (named) return named;
  const [only, ...others] = mentioned;
  if (only && others.length === 0) return only;
  throw new UserError(
    "invalid-request",
    only
      ? "Name one person at a time: `maintainers add @user`."
      : "I do not know whom you mean; mention the person: `maintainers add @user`.",
  );
}
