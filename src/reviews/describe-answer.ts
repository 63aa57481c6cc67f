import type { Rfc } from "../rfcs/rfc.ts";
import { listThreadChanges } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import type { OpenAnswer } from "../store/pull-request-comments.ts";
import type { Links } from "./links.ts";
import { answerBody } from "./report-body.ts";

/** The comment that shows an answer, with where its changes are shown. */
export async function describeAnswer(
  sql: Sql,
  links: Links,
  rfc: Rfc,
  answer: OpenAnswer,
): Promise<string> {
  const changes = (await listThreadChanges(sql, answer.threadId))
    .filter(({ sourceMessageId }) => sourceMessageId === answer.messageId)
    .map(({ number, shown }) => ({ number, url: shown?.url ?? null }));
  const note =
    answer.error ?? (answer.turnState === "cancelled" ? "The answer was stopped." : null);
  return answerBody({
    text: [answer.text, ...(note === null ? [] : [`*${note}*`])].join("\n\n").trim(),
    changes,
    discussed: {
      label: "the conversation in Redline",
      url: links.thread(rfc.slug, answer.threadId),
    },
    marker: { kind: "answer", messageId: answer.messageId },
  });
}
