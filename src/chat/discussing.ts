/** “Discuss in RFC” on somebody's message: it is quoted in a question. */
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { findDiscussed, isAskedOf, putDiscussed } from "../store/chat-messages.ts";
import { oneLine } from "../one-line.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { ChatEvent, ChatForm } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import { orTold } from "./host-busy.ts";
import { findHeld } from "./held-places.ts";
import { assertMayLink, linkPlace } from "./linking.ts";
import { askWithin } from "./messages.ts";
import { assertReadable } from "./permissions.ts";
import type { ChatServices } from "./services.ts";
import { linkable, prepareTarget } from "./targets.ts";
import { toSay } from "./wording.ts";

type Discuss = Extract<ChatEvent, { kind: "discuss" }>;
type Submitted = Extract<ChatEvent, { kind: "submitted" }>;

/** As many as the platforms' lists hold. */
const MOST_CHOICES = 100;
const LONGEST_LABEL = 75;
const LONGEST_QUESTION = 3_000;
const QUESTION = "What does this mean for the document?";

/**
 * In a linked place it is asked at once; elsewhere a form asks for the RFC. Answers with what the person is
 * to be told. @throws UserError
 */
export async function discuss(
  services: ChatServices,
  platform: ChatPlatform,
  { message, by, reply }: Discuss,
  user: User,
  key: string,
): Promise<string | null> {
  if (message.text.trim() === "") {
    throw new UserError("invalid-request", "This message has no text that could be discussed.");
  }
  const held = await findHeld(services, message.at);
  if (held) {
    const asked = { text: QUESTION, quote: message.text, dedupKey: `discuss:${key}` };
    const { isPrivate } = message;
    return askWithin(services, held, { by, user, platform, isPrivate }, asked);
  }
  const { at, text, isPrivate, isPublic } = message;
  await assertMayLink({ platform, by, isPrivate });
  await assertReadable(platform, at);
  const rfcs = await linkable(services, by, MOST_CHOICES);
  if (rfcs.length === 0) {
    throw new UserError(
      "not-found",
      `No RFC is known here yet; ${toSay(platform.words, "link <PR URL>")} first.`,
    );
  }
  const about = { at, text, isPrivate, isPublic: isPublic ?? false, personId: by.id };
  const ref = await putDiscussed(services.sql, about);
  await platform.openForm(by, reply, discussForm(ref, rfcs));
  return null;
}

/** The RFC and the question are known. @throws UserError */
export async function submitDiscussion(
  services: ChatServices,
  platform: ChatPlatform,
  { ref, values, by }: Submitted,
  user: User,
): Promise<string | null> {
  const asked = await findDiscussed(services.sql, ref);
  if (!asked || !isAskedOf(asked, by)) {
    throw new UserError("not-found", "This form is too old; choose “Discuss in RFC” once more.");
  }
  const { at, isPrivate, isPublic } = asked;
  const question = values["question"]?.trim() || QUESTION;
  const about = { text: question, quote: asked.text, dedupKey: `discuss:${ref}` };
  const known = await findHeld(services, at);
  const asker = { by, user, platform, isPrivate };
  if (known) return askWithin(services, known, asker, about);
  await assertMayLink({ platform, by, isPrivate });
  await assertReadable(platform, at);
  const named = { target: values["rfc"] ?? "", path: null };
  const target = await orTold(prepareTarget({ services, platform, by }, named));
  const held = await linkPlace(
    { services, platform, user, isPrivate, isPublic, key: ref },
    at,
    target,
  );
  return askWithin(services, held, asker, about);
}

function discussForm(ref: string, rfcs: readonly Rfc[]): ChatForm {
  return {
    kind: "discuss",
    ref,
    title: "Discuss in RFC",
    submit: "Discuss",
    fields: [
      {
        kind: "choice",
        name: "rfc",
        label: "RFC",
        options: rfcs.map(({ slug, title }) => ({
          value: slug,
          label: oneLine(title).slice(0, LONGEST_LABEL).toWellFormed() || slug,
        })),
      },
      {
        kind: "text",
        name: "question",
        label: "What do you want to know, or change?",
        value: "",
        multiline: true,
        required: false,
        maxLength: LONGEST_QUESTION,
      },
    ],
  };
}
