import type { User } from "../engine.ts";
import { oneLine } from "../one-line.ts";
import { storableText } from "../storable.ts";
import { ensureUser } from "../store/people.ts";
import type { ChatPerson } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { ChatServices } from "./services.ts";

const LONGEST_NAME = 80;

/** The user behind somebody on a platform, under the name that others see there. */
export async function userOf(
  { sql, logger }: Pick<ChatServices, "sql" | "logger">,
  platform: ChatPlatform,
  person: ChatPerson,
): Promise<User> {
  let name = "";
  try {
    name = oneLine(await platform.nameOf(person));
  } catch (error) {
    // What somebody says is not held up by how they are called.
    logger.warn({ err: error, personId: person.id }, "a person's name could not be asked for");
  }
  const displayName = storableText(name).slice(0, LONGEST_NAME).toWellFormed() || person.id;
  const { platform: on, workspaceId, id } = person;
  const identity = { platform: on, workspaceId, platformUserId: id };
  // Where the name is not told now, nothing else is.
  const timeZone = displayName === person.id ? null : await platform.timeZoneOf(person);
  return ensureUser(sql, identity, { displayName, email: null, timeZone });
}
