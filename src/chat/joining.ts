/** Holds a conversation in one more place: one that may be known there, or by a code of the other side's. */
import type { CommandAnswer } from "../commands/command.ts";
import { forPerson } from "../commands/command.ts";
import type { Emit } from "../conversation/transact.ts";
import { transact } from "../conversation/transact.ts";
import { originLabel } from "../deliveries/remark-text.ts";
import { UserError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { Tx } from "../store/database.ts";
import { violates } from "../store/database.ts";
import type { JoinableThread } from "../store/joinable-threads.ts";
import { listJoinable } from "../store/joinable-threads.ts";
import { findInvitation, useInvitation } from "../store/link-invitations.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { putOwed } from "../store/owed-answers.ts";
import { watchPlace } from "../store/place-looks.ts";
import { findRfc } from "../store/rfcs.ts";
import {
  agreeTo,
  insertChatLink,
  listHeardPlaces,
  listLivePlaces,
  mirrorOnPullRequest,
} from "../store/thread-links.ts";
import { findThread, lockThreads } from "../store/threads.ts";
import { mayDiscuss } from "../store/workspaces.ts";
import type { ChatPlace } from "./chat-event.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { beginThread, findHeld, greetingKey, reachIn } from "./held-places.ts";
import { assertMayConfigure, describeNowhere, isNowhere, scopeOf } from "./permissions.ts";
import { isOfOneSide, normaliseCode, othersToAsk } from "./sharing.ts";
import type { Target } from "./targets.ts";
import { asCode } from "./wording.ts";

type Joining = Pick<
  CommandContext,
  "services" | "platform" | "by" | "user" | "at" | "isPrivate" | "isPublic" | "key"
>;

/**
 * The conversations that the place may hold, too, but for the one that this very command has begun; what is said
 * to Redline alone joins none.
 */
export function joinable(
  { services, by, isPrivate, isPublic, key }: Joining,
  { rfc, branchName }: Target,
): Promise<JoinableThread[]> {
  if (isPrivate) return Promise.resolve([]);
  const isOpenPlace = reachIn(isPublic) === "workspace";
  const scope = scopeOf(services, by);
  const notBegunBy = greetingKey(key);
  const query = { rfcSlug: rfc.slug, branchName, scope, isOpenPlace, notBegunBy };
  return listJoinable(services.sql, query);
}

/** @param named the RFC as it was named */
export function describeChoices(
  { platform, services }: Joining,
  named: string,
  { rfc }: Target,
  threads: readonly JoinableThread[],
): string {
  const { words } = platform;
  const lines = threads.map((thread, at) => {
    return `${at + 1}. ${describeThread(thread, services.links.thread(rfc.slug, thread.id))}`;
  });
  return [
    `“${oneLine(rfc.title)}” is discussed elsewhere already:`,
    lines.join("\n"),
    [
      `Write ${asCode(words, `link ${named} join 1`)} to hold the first of them here, too: what is written in one place is shown in the others from then on.`,
      `${asCode(words, `link ${named} new`)} begins another conversation.`,
      `One that is held anywhere else is joined by the code that ${asCode(words, "share")} gives there.`,
    ].join(" "),
  ].join("\n\n");
}

function describeThread(thread: JoinableThread, url: string): string {
  const { kind, title, placeUrl, pullNumber, pullUrl, messages, createdAt } = thread;
  const named = title === null ? "" : ` “${oneLine(title)}”`;
  const since = `since ${createdAt.toISOString().slice(0, 10)}`;
  const count = `${messages} ${messages === 1 ? "message" : "messages"}`;
  if (kind === "review" && pullNumber !== null) {
    return `on pull request #${pullNumber} (${count}, ${since}): ${pullUrl ?? url}`;
  }
  const where = placeUrl === null ? "in the console" : "in another place here";
  return `${where}${named} (${count}, ${since}): ${placeUrl ?? url}`;
}

/** Joins a conversation that was listed. @throws UserError */
export async function joinListed(
  context: CommandContext,
  target: Target,
  chosen: JoinableThread | null,
): Promise<CommandAnswer | null> {
  const { rfc } = target;
  if (!chosen) throw noSuchConversation(context, rfc);
  const at = context.at ?? (await beginThread(context, context.channel ?? "", rfc));
  const held = await holdIn(
    context,
    at,
    { threadId: chosen.id, rfc, isAgreed: false },
    async (tx) => {
      const scope = scopeOf(context.services, context.by);
      const isOpenPlace = reachIn(context.isPublic) === "workspace";
      const { branchName } = target;
      const query = { rfcSlug: rfc.slug, branchName, scope, isOpenPlace, threadId: chosen.id };
      if ((await listJoinable(tx, query)).length === 0) throw noSuchConversation(context, rfc);
    },
  );
  return tellWhere(context, held, rfc);
}

function noSuchConversation({ platform }: Pick<Joining, "platform">, { slug }: Rfc): UserError {
  return new UserError(
    "not-found",
    `There is no such conversation to be joined here; ${asCode(platform.words, `link ${slug}`)} lists those there are.`,
  );
}

/** The maintainers of the other side gave the code; who enters it agrees for this one. @throws UserError */
export async function joinByCode(
  context: CommandContext,
  word: string,
): Promise<CommandAnswer | null> {
  const { services, by, platform, isPrivate } = context;
  const { sql } = services;
  if (isNowhere(by)) throw new UserError("forbidden", describeNowhere(platform.words));
  const code = normaliseCode(word);
  const invitation = await findInvitation(sql, code);
  const thread = invitation && (await findThread(sql, invitation.threadId));
  const rfc = thread && (await findRfc(sql, thread.rfcSlug));
  if (!invitation || !rfc) throw noSuchCode(context);
  if (isPrivate || by.isOutsider) {
    throw new UserError(
      "forbidden",
      "Do this in the channel or thread that is to join the conversation, as one of its own people.",
    );
  }
  await assertMayConfigure(context, rfc.slug, "join a place to a conversation");
  if (!(await mayDiscuss(sql, scopeOf(services, by), rfc.repository))) {
    throw new UserError(
      "forbidden",
      `This ${platform.words.workspace} may not talk about ${rfc.repository}; whoever runs Redline can allow it.`,
    );
  }
  const at = context.at ?? (await beginThread(context, context.channel ?? "", rfc));
  const { threadId, linkId } = invitation;
  const held = await holdIn(context, at, { threadId, rfc, isAgreed: true }, async (tx) => {
    if (!(await useInvitation(tx, code))) throw noSuchCode(context);
    const inviting = (await listLivePlaces(tx, threadId)).find(({ id }) => id === linkId);
    if (!inviting) throw noSuchCode(context);
    const heard = await listHeardPlaces(tx, threadId);
    if (!heard.every((place) => isOfOneSide(place, [inviting, at]))) throw othersToAsk();
    await agreeTo(tx, linkId);
  });
  return tellWhere(context, held, rfc);
}

function noSuchCode({ platform }: Pick<Joining, "platform">): UserError {
  return new UserError(
    "not-found",
    `This code is not known, was used, or is too old; ask for another one, which ${asCode(platform.words, "share")} gives in the other place.`,
  );
}

interface Joined {
  threadId: string;
  rfc: Rfc;
  /** Whether both sides agreed. */
  isAgreed: boolean;
}

/** @param check is asked while the thread is held still; throws where it must not be joined */
async function holdIn(
  context: Joining,
  at: ChatPlace,
  { threadId, rfc, isAgreed }: Joined,
  check: (tx: Tx) => Promise<void>,
): Promise<Held> {
  const { services, platform, user, isPublic, key } = context;
  const known = await findHeld(services, at);
  if (known) return known;
  const url = await platform.linkTo(at, null);
  try {
    return await transact(services.sql, services.relay, async (tx, emit) => {
      await lockThreads(tx, [threadId]);
      const thread = await findThread(tx, threadId);
      if (!thread || thread.state === "closed") {
        throw new UserError("thread-closed", "That conversation is closed by now.");
      }
      await check(tx);
      const places = await listLivePlaces(tx, threadId);
      // One channel may be of several workspaces.
      if (places.some((one) => one.platform === at.platform && one.place === at.place)) {
        throw new UserError("nothing-to-do", "This very place holds the conversation already.");
      }
      await mirrorOnPullRequest(tx, threadId);
      const link = await insertChatLink(tx, {
        threadId,
        at,
        url,
        privateTo: null,
        reach: reachIn(isPublic),
        reachKnown: isPublic !== undefined,
        isAgreed,
      });
      await watchPlace(tx, link.id);
      await sayJoined(tx, emit, { threadId, rfc, by: user.displayName, at });
      // Handled again a command in a channel finds neither its place nor its code.
      if (!context.at) await putOwed(tx, key, describeWhere(rfc, url));
      return { link, thread };
    });
  } catch (error) {
    const taken = violates(error, "thread_links_platform_workspace_id_place_key");
    const held = taken ? await findHeld(services, at) : null;
    if (held) return held;
    throw error;
  }
}

/** Is shown in every place, and in the new one as its first message. */
async function sayJoined(
  tx: Tx,
  emit: Emit,
  { threadId, rfc, by, at }: { threadId: string; rfc: Rfc; by: string; at: ChatPlace },
): Promise<void> {
  const said = `${oneLine(by)} joined a place in ${originLabel(at.platform)} to this conversation about “${oneLine(rfc.title)}” (\`${rfc.slug}\`): from here on, what is written in one of its places is shown in the others.`;
  const messageId = await insertSystemMessage(tx, threadId, said);
  await emit(threadId, { kind: "message", messageId, role: "system" });
}

/** In a thread the conversation says so itself. */
async function tellWhere(
  { at, platform }: CommandContext,
  { link }: Held,
  rfc: Rfc,
): Promise<CommandAnswer | null> {
  if (at) return null;
  return forPerson(describeWhere(rfc, await platform.linkTo(link, null)));
}

function describeWhere({ title }: Pick<Rfc, "title">, url: string | null): string {
  return `“${oneLine(title)}” is discussed in a new thread: ${url ?? "see above"}`;
}
