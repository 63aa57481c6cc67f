/** When Redline answers a message. Pure. */
import type { ParticipationMode } from "../store/thread-links.ts";
import type { ChatMessage } from "./chat-event.ts";

/** `hint`: kept, and the person is told why there is no answer. */
export type Participation = "answer" | "keep" | "hint";

export const MODE_WORDS: Record<ParticipationMode, string> = {
  mention: "I answer when I am mentioned",
  follow: "I answer when I am mentioned, and questions that are put to nobody else",
  quiet: "I read along and answer nothing",
};

export function participationIn(
  mode: ParticipationMode,
  message: Pick<ChatMessage, "text" | "addressed" | "addressesOther" | "isPrivate">,
): Participation {
  if (message.isPrivate) return message.addressed ? "answer" : "keep";
  if (mode === "quiet") return message.addressed ? "hint" : "keep";
  if (message.addressed) return "answer";
  const isOpenQuestion = mode === "follow" && !message.addressesOther && isQuestion(message.text);
  return isOpenQuestion ? "answer" : "keep";
}

/** Fenced code, lines that quote, code spans, addresses and what somebody else is quoted with. */
const NOT_ASKED =
  /^ {0,3}(`{3,}|~{3,})[^]*?(?:^ {0,3}\1[^\n]*$|(?![^]))|^\s*>.*$|(?<!`)(`{1,3})(?!`)(?:(?!\n\s*\n)[^])+?(?<!`)\2(?!`)|(?<!\w)\w+:\/\/\S+|“[^”\n]*”|"[^"\n]*"/gm;

/** A question that begins later is lost in what stands before it. */
const LONGEST = 8_000;

/** Whether somebody asks something in their own words. */
export function isQuestion(text: string): boolean {
  return /[?？؟]/.test(text.slice(0, LONGEST).replace(NOT_ASKED, " "));
}
