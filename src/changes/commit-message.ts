import type { Person } from "../ports.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { Change } from "./change.ts";

/** Git shows subjects in one line; 72 is its own tools' wrapping width. */
const SUBJECT_WIDTH = 72;

/** What would end a name or an address, or the line that it stands in. */
const NOT_IN_IDENTITIES = /[\p{Cc}\s<>]+/gu;

/** Git's identity of somebody; without an address one of a reserved name space (RFC 2606). */
export function gitPerson(user: { id: string; displayName: string; email: string | null }): Person {
  const name = user.displayName.replace(NOT_IN_IDENTITIES, " ").trim();
  const email = (user.email ?? "").replace(NOT_IN_IDENTITIES, "");
  return { name: name || "Someone", email: email || `${user.id}@users.redline.invalid` };
}

/**
 * The message of the commit for one change: what and why for readers of the history, and trailers for
 * programs. The change's trailer is what a repeated job looks for. Pure.
 *
 * @param discussedIn address of the conversation
 */
export function commitMessage(
  change: Change,
  rfc: Rfc,
  shapedBy: readonly Person[],
  discussedIn: string,
): string {
  const reason = change.reason.replace(/\s+/g, " ").trim();
  const subject =
    clip(firstSentence(reason)) || clip(`Apply change #${change.number} to ${rfc.title}`);
  const body = reason !== "" && reason !== subject ? [wrap(reason), ""] : [];
  const trailers = [
    `Redline-Change: ${change.id}`,
    `Discussed-in: ${discussedIn}`,
    ...shapedBy.map((person) => `Co-authored-by: ${person.name} <${person.email}>`),
  ];
  return [subject, "", ...body, ...trailers, ""].join("\n");
}

/** Without its full stop; all of a text that has no end of a sentence. */
export function firstSentence(text: string): string {
  return /^.*?[.!?。](?=\s|$)/.exec(text)?.[0].replace(/[.。]$/, "") ?? text;
}

function clip(text: string): string {
  const line = text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^(?:(?:#|---)[#-]*\s*)+/, "");
  if (line.length <= SUBJECT_WIDTH) return line;
  const cut = line.slice(0, SUBJECT_WIDTH - 1).replace(/[\uD800-\uDBFF]$/, "");
  return `${cut.slice(0, cut.includes(" ") ? cut.lastIndexOf(" ") : undefined)}…`;
}

/**
 * Where a line begins so, Git's tools see a comment, the cut line of `git commit -v` (`# … >8 …`), or the
 * end of the message (`---`), and with the last two no trailers below. An indented one is only text.
 */
const MEANS_SOMETHING = /^(?:#|---)/;

/** Wraps words into one paragraph, so that none of it can look like a block of trailers. */
function wrap(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > SUBJECT_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line]
    .map((wrapped) => (MEANS_SOMETHING.test(wrapped) ? ` ${wrapped}` : wrapped))
    .join("\n");
}
