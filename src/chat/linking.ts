/** Makes a place of chat one where an RFC is discussed, and ends that. */
import type { Command, CommandAnswer } from "../commands/command.ts";
import { forPerson } from "../commands/command.ts";
import { transact } from "../conversation/transact.ts";
import { originLabel } from "../deliveries/remark-text.ts";
import { UserError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import { violates } from "../store/database.ts";
import { listDeciders } from "../store/maintainers.ts";
import { insertKeyedSystemMessage, insertSystemMessage } from "../store/messages.ts";
import { watchPlace } from "../store/place-looks.ts";
import { putOwed } from "../store/owed-answers.ts";
import { listPullRequests } from "../store/pull-requests.ts";
import { findRfc } from "../store/rfcs.ts";
import type { ThreadLink } from "../store/thread-links.ts";
import { endLink, hasOtherThreads, insertChatLink, listLivePlaces } from "../store/thread-links.ts";
import { insertThread, lockThreads } from "../store/threads.ts";
import type { ChatPlace } from "./chat-event.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { describeDeciders } from "./descriptions.ts";
import { orTold } from "./host-busy.ts";
import { MODE_WORDS } from "./participation.ts";
import { assertAdmin, assertReadable, describeNowhere, isNowhere } from "./permissions.ts";
import { beginThread, findHeld, greetingKey, reachIn } from "./held-places.ts";
import { describeChoices, joinable, joinByCode, joinListed } from "./joining.ts";
import type { Target } from "./targets.ts";
import { prepareTarget } from "./targets.ts";
import { asCode } from "./wording.ts";

type LinkCommand = Extract<Command, { kind: "link" }>;

/**
 * Links the thread that it is written in; outside of threads it begins one. Where the RFC is discussed elsewhere
 * already it asks first. Handled again it finds what it did: a message is begun under the command's key, and a
 * place holds one thread. @throws UserError
 */
export async function linkHere(
  command: LinkCommand,
  context: CommandContext,
): Promise<CommandAnswer | null> {
  const { platform, channel, held } = context;
  if (held) return forPerson(await describeHeld(context, held));
  if (command.code === null) await assertMayLink(context);
  // What is said to Redline came from a place that it is in; a command does not.
  if (context.at && channel !== null) await assertReadable(platform, context.at);
  // Whatever may fail fails before anything is to be seen.
  if (command.code !== null) return joinByCode(context, command.code);
  const target = await orTold(prepareTarget(context, command));
  const { choice } = command;
  const others = choice === "new" ? [] : await joinable(context, target);
  if (choice === null && others.length > 0) {
    return forPerson(describeChoices(context, command.target, target, others));
  }
  if (choice !== null && choice !== "new") {
    return joinListed(context, target, others[choice.join - 1] ?? null);
  }
  const at = context.at ?? (await beginThread(context, channel ?? "", target.rfc));
  const made = await linkPlace(context, at, target);
  const told = command.question === null ? null : await context.ask(made, command.question);
  if (context.at) return told === null ? null : forPerson(told);
  const url = await platform.linkTo(at, null);
  const where = `“${oneLine(target.rfc.title)}” is discussed in a new thread: ${url ?? "see above"}`;
  return forPerson(told === null ? where : `${where}\n\n${told}`);
}

/** A conversation with Redline alone is the affair of the workspace's people. @throws UserError forbidden */
export async function assertMayLink(
  context: Pick<CommandContext, "platform" | "by" | "isPrivate">,
): Promise<void> {
  if (isNowhere(context.by)) {
    throw new UserError("forbidden", describeNowhere(context.platform.words));
  }
  if (context.isPrivate && !context.by.isOutsider) return;
  await assertAdmin(context, "link a place to an RFC");
}

/** The thread that is made for the place, or the one that somebody linked it to in this moment. */
export async function linkPlace(
  context: Pick<
    CommandContext,
    "services" | "platform" | "user" | "isPrivate" | "isPublic" | "key"
  >,
  at: ChatPlace,
  target: Target,
): Promise<Held> {
  const { services, platform, user, isPrivate, isPublic, key } = context;
  const url = await platform.linkTo(at, null);
  const greeting = await describeGreeting(context, at, target);
  try {
    return await transact(services.sql, services.relay, async (tx, emit) => {
      const thread = await insertThread(tx, {
        rfcSlug: target.rfc.slug,
        branchName: target.branchName,
        kind: "discussion",
        title: null,
        anchor: null,
        createdBy: user.id,
      });
      const privateTo = isPrivate ? user.id : null;
      const reach = reachIn(isPublic);
      const reachKnown = isPublic !== undefined;
      const given = { threadId: thread.id, at, url, privateTo, reach, reachKnown, isAgreed: false };
      const link = await insertChatLink(tx, given);
      await watchPlace(tx, link.id);
      const messageId = await insertKeyedSystemMessage(tx, thread.id, greeting, greetingKey(key));
      if (messageId === null) throw new Error("a new thread has a greeting already");
      await emit(thread.id, { kind: "message", messageId, role: "system" });
      return { link, thread };
    });
  } catch (error) {
    const taken = violates(error, "thread_links_platform_workspace_id_place_key");
    const held = taken ? await findHeld(services, at) : null;
    if (held) return held;
    throw error;
  }
}

async function describeGreeting(
  { services, platform, isPrivate }: Pick<CommandContext, "services" | "platform" | "isPrivate">,
  at: ChatPlace,
  { rfc, branchName }: Target,
): Promise<string> {
  const { sql, links } = services;
  const { words, caveat } = platform;
  const [deciders, pulls, threads] = await Promise.all([
    listDeciders(sql, at),
    listPullRequests(sql, rfc.slug, branchName),
    hasOtherThreads(sql, rfc.slug, branchName),
  ]);
  const pull = pulls[0] ? `, pull request #${pulls[0].number}` : "";
  return [
    `This place is linked to “${oneLine(rfc.title)}” (\`${rfc.slug}\`, branch \`${branchName}\`${pull}): ask about it, or say what should change, and I propose it as a change to be accepted or declined.`,
    ...(isPrivate ? [] : [`Here ${MODE_WORDS.mention} (${asCode(words, "mode")} changes that).`]),
    ...(caveat === null ? [] : [caveat]),
    describeDeciders(deciders, words),
    ...(threads ? [`Other conversations about it are in the console: ${links.rfc(rfc.slug)}`] : []),
  ].join(" ");
}

async function describeHeld(
  { services, platform }: Pick<CommandContext, "services" | "platform">,
  { thread }: Held,
): Promise<string> {
  const rfc = await findRfc(services.sql, thread.rfcSlug);
  const title = oneLine(rfc?.title ?? thread.rfcSlug);
  return `This place is linked to “${title}” (\`${thread.rfcSlug}\`) already; for another RFC, ${asCode(platform.words, "unlink")} it first.`;
}

/** The person is told even where a crash comes between: by then the place is linked no more. */
export async function unlinkPlace(
  { services, user, key }: Pick<CommandContext, "services" | "user" | "key">,
  { id, threadId, platform }: ThreadLink,
  told: string,
): Promise<void> {
  await transact(services.sql, services.relay, async (tx, emit) => {
    await lockThreads(tx, [threadId]);
    if (!(await endLink(tx, id))) return;
    await putOwed(tx, key, told);
    const isElsewhere = (await listLivePlaces(tx, threadId)).length > 0;
    const where = isElsewhere ? `its place in ${originLabel(platform)}` : "this place";
    const said = `${oneLine(user.displayName)} ended the discussion of the RFC in ${where}.`;
    const messageId = await insertSystemMessage(tx, threadId, said);
    await emit(threadId, { kind: "message", messageId, role: "system" });
  });
}
