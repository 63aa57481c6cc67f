/** Brings somebody up to date who was away: first what can be counted, then a summary by the model. */
import { shareName } from "../budgets/share.ts";
import type { SummaryInput } from "../conversation/summaries.ts";
import type { MergeProposal } from "../concerns/concern.ts";
import { UserError } from "../errors.ts";
import { ModelError } from "../ports.ts";
import {
  countSaidSince,
  findLastRead,
  listDecidedSince,
  listSaidSince,
  putSummaryAsked,
} from "../store/catch-up.ts";
import { markRead } from "../store/overview.ts";
import { findRfc } from "../store/rfcs.ts";
import { listReachableChanges, listReachableThreads } from "../store/workspaces.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { heldLink, reachOf } from "./command-context.ts";
import type { CatchUp } from "./describe-catch-up.ts";
import { describeCatchUp } from "./describe-catch-up.ts";
import { limitOf } from "./messages.ts";
import { mayDecideHere } from "./permissions.ts";

/** Bytes of what was said that a summary is made of; the newest. */
const MOST_BYTES = 24_000;

/**
 * Tells the list, and has the summary follow by itself, so that nobody in the place waits for it. What was told
 * counts as read only then: whoever asks again because there was no summary gets all of it. @throws UserError
 */
export async function catchUp(context: CommandContext): Promise<null> {
  const { services, platform, by, user, reply } = context;
  const { sql } = services;
  const held = await heldLink(context);
  const { id: threadId, rfcSlug, modelId } = held.thread;
  const rfc = (await findRfc(sql, rfcSlug))!;
  const last = await findLastRead(sql, user.id, threadId);
  const news = await gather(context, held, { rfc, last });
  await platform.tell(by, reply, describeCatchUp(news));
  const unread = await listSaidSince(sql, threadId, last.seq, MOST_BYTES);
  const noteRead = () => markRead(sql, user.id, threadId, last.newestSeq, last.now);
  if (unread.rows.length === 0) {
    await noteRead();
    return null;
  }
  const input = { title: rfc.title, modelId, said: unread.rows, older: unread.older };
  services.summaries.begin(async () => {
    if (await tellSummary(context, input)) await noteRead();
  });
  return null;
}

async function gather(
  context: CommandContext,
  held: Held,
  { rfc, last }: { rfc: CatchUp["rfc"]; last: { at: Date | null; seq: number } },
): Promise<CatchUp> {
  const { services, by, user } = context;
  const { sql, links, engine } = services;
  const { id: threadId, rfcSlug, branchName } = held.thread;
  const reach = reachOf(context, held);
  // Somebody's own place is theirs to read, also where it is no one else's.
  const threads = await listReachableThreads(sql, reach, rfcSlug);
  threads.add(threadId);
  const [said, decided, open, concerns, proposal, mayDecide] = await Promise.all([
    countSaidSince(sql, threadId, last.seq),
    listDecidedSince(sql, [...threads], last.at),
    listReachableChanges(sql, reach, rfcSlug, ["pending"]),
    engine.concerns.list(rfcSlug),
    engine.merges.current(rfcSlug, branchName),
    mayDecideHere(services, by, user, rfcSlug),
  ]);
  const isNews = ({ state, settledAt }: CatchUp["concerns"][number]): boolean =>
    state === "open" || last.at === null || (settledAt !== null && settledAt > last.at);
  return {
    rfc,
    since: last.at,
    said,
    decided,
    open,
    concerns: concerns.filter((one) => threads.has(one.threadId) && isNews(one)),
    waiting: { mayDecide, mergeBy: waitsForWord(proposal, user.id), userId: user.id },
    url: links.thread(rfcSlug, threadId),
    urlOf: (id) => links.thread(rfcSlug, id),
    words: context.platform.words,
  };
}

function waitsForWord(proposal: MergeProposal | null, userId: string): string | null {
  if (proposal?.state !== "open") return null;
  const isAsked = proposal.words.some((one) => one.userId === userId && one.word === null);
  return isAsked ? proposal.proposedBy : null;
}

const NO_MODEL =
  "There is no summary: no language model is set up here, only an editor that does what it is plainly told.";
const FAILED =
  "There is no summary this time: the model could not be asked. The list above is all there.";

interface Told {
  markdown: string;
  /** Whether there is nothing that asking again would bring. */
  isAll: boolean;
}

/** For the person alone, and nowhere else. Answers with whether they know all there is. */
async function tellSummary(context: CommandContext, input: SummaryInput): Promise<boolean> {
  const { services, platform, by, reply, user } = context;
  try {
    const { markdown, isAll } = await summaryFor(context, input);
    await platform.tell(by, reply, markdown);
    return isAll;
  } catch (error) {
    services.logger.warn({ err: error, userId: user.id }, "a summary could not be told");
    return false;
  }
}

async function summaryFor(
  { services, by, user }: CommandContext,
  input: SummaryInput,
): Promise<Told> {
  const { summaries, sql, logger } = services;
  try {
    if (!(await summaries.isPossible(input.modelId))) return { markdown: NO_MODEL, isAll: true };
    const limit = await limitOf(services, user, by);
    if (limit) return { markdown: describeLimit(limit.until), isAll: false };
    await putSummaryAsked(sql, { ...by, userId: user.id });
    const text = await summaries.summarise(input, {
      share: shareName(by),
      userId: user.id,
    });
    if (text === "") return { markdown: FAILED, isAll: false };
    return { markdown: `**In short**\n\n${text}`, isAll: true };
  } catch (error) {
    logger.warn({ err: error, userId: user.id }, "a summary could not be made");
    const isPlain = error instanceof ModelError || error instanceof UserError;
    const markdown = isPlain ? `There is no summary this time: ${error.message}` : FAILED;
    return { markdown, isAll: false };
  }
}

function describeLimit(until: Date): string {
  const minutes = Math.max(1, Math.ceil((until.getTime() - Date.now()) / 60_000));
  return `There is no summary now, since a lot was asked within a few minutes; ask again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`;
}
