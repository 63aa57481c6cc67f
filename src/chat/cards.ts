/** What the buttons of cards do, and the forms that they open. */
import type { Change } from "../changes/change.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { CardRef } from "../store/deliveries.ts";
import { findCardRef, turnPage } from "../store/deliveries.ts";
import { askForPlace } from "../store/place-looks.ts";
import { isLinkLive } from "../store/workspaces.ts";
import { PLACES_TOPIC } from "../ports.ts";
import type { ChatEvent, ChatForm, ChatPerson } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import { keyed } from "./event-keys.ts";
import { LONGEST_FIELD } from "./fields.ts";
import { orTold } from "./host-busy.ts";
import { pressWord } from "./merging.ts";
import { assertMayDecide, noSuchCard, scopeOf } from "./permissions.ts";
import { concernForm, raiseAbout } from "./raising.ts";
import { isDecided } from "./repeats.ts";
import type { ChatServices } from "./services.ts";

type Pressed = Extract<ChatEvent, { kind: "pressed" }>;
type Submitted = Extract<ChatEvent, { kind: "submitted" }>;

/** @param since as of a `Repeat`. @throws UserError for what the person is to be told */
export async function press(
  services: ChatServices,
  platform: ChatPlatform,
  event: Pressed,
  user: User,
  since: Date | null,
): Promise<void> {
  const ref = await findRef(services, event.by, event.ref);
  if (event.action === "page") return showPage(services, ref, event.choice ?? 0);
  if (ref.kind === "merge" && (event.action === "agree" || event.action === "object")) {
    const { action: word } = event;
    return pressWord(services, event, { proposalId: ref.subjectId, word, user, since });
  }
  if (ref.kind !== "card") throw noSuchCard();
  const { changes } = services.engine;
  const repeat = { userId: user.id, since };
  if (event.action === "accept" && (await isDecided(services, repeat, ref.subjectId, "accept"))) {
    return;
  }
  const seen = await changes.get(ref.subjectId);
  if (event.action === "concern") {
    return platform.openForm(event.by, event.reply, concernForm(event.ref, seen));
  }
  await assertMayDecide(services, platform, event.by, user, {
    rfcSlug: seen.rfcSlug,
    act: event.action,
    subject: seen.id,
    eventKey: keyed(event).key,
  });
  switch (event.action) {
    case "accept":
      await orTold(changes.accept(ref.subjectId, user));
      return;
    case "decline":
      return platform.openForm(event.by, event.reply, declineForm(event.ref, seen));
    case "edit": {
      const url = services.links.thread(seen.rfcSlug, seen.threadId);
      return platform.openForm(event.by, event.reply, editForm(event.ref, seen, url));
    }
    case "confirm":
    case "place": {
      const place = ref.choices[event.choice ?? 0];
      if (!place) {
        const words = "The card has changed since you saw it; look at it again.";
        throw new UserError("place-uncertain", words);
      }
      await orTold(changes.choosePlace(ref.subjectId, place));
      return;
    }
    default:
      throw noSuchCard();
  }
}

/** A form of a card was sent off; answers with what the person is told. @param since as of a `Repeat`. @throws UserError */
export async function submitCard(
  services: ChatServices,
  platform: ChatPlatform,
  event: Submitted,
  user: User,
  since: Date | null,
): Promise<string | null> {
  const { form, ref, values, by } = event;
  const found = await findRef(services, by, ref);
  const { subjectId, kind } = found;
  if (kind !== "card") throw noSuchCard();
  if (form === "concern") {
    const said = { text: values["text"] ?? "", key: keyed(event).key };
    return raiseAbout(services, found, said, user);
  }
  // A version of one's own declines the change that it takes the place of.
  if (await isDecided(services, { userId: user.id, since }, subjectId, "decline")) return null;
  const { changes } = services.engine;
  const { rfcSlug } = await changes.get(subjectId);
  const about = { rfcSlug, act: form, subject: subjectId, eventKey: keyed(event).key };
  await assertMayDecide(services, platform, by, user, about);
  if (form === "decline") {
    await changes.decline(subjectId, values["reason"], user);
    return null;
  }
  const { proposed = "", reason } = values;
  const version = { proposed, ...(reason !== undefined && { reason }) };
  await orTold(changes.revise(subjectId, version, user));
  return null;
}

/** Of another workspace, of a place that is no longer linked, and of none at all: the same to whoever asks. */
async function findRef(services: ChatServices, by: ChatPerson, ref: string): Promise<CardRef> {
  const { sql } = services;
  const found = await findCardRef(sql, ref);
  if (!found || !(await isLinkLive(sql, scopeOf(services, by), found.linkId))) throw noSuchCard();
  return found;
}

async function showPage(
  { sql, relay }: ChatServices,
  { kind, deliveryId, linkId }: CardRef,
  page: number,
): Promise<void> {
  if (kind !== "list") throw noSuchCard();
  await sql.begin(async (tx) => {
    await turnPage(tx, deliveryId, Math.max(0, Math.trunc(page)));
    await askForPlace(tx, linkId);
  });
  relay.publish(PLACES_TOPIC, { type: "places", linkIds: [linkId] });
}

function declineForm(ref: string, { number }: Change): ChatForm {
  return {
    kind: "decline",
    ref,
    title: `Decline change #${number}`,
    submit: "Decline",
    fields: [
      {
        kind: "text",
        name: "reason",
        label: "Why (everybody in the thread sees it)",
        value: "",
        multiline: true,
        required: false,
        maxLength: LONGEST_FIELD,
      },
    ],
  };
}

/** @throws UserError too-large for what no form holds */
function editForm(
  ref: string,
  { number, placement, proposed, reason }: Change,
  url: string,
): ChatForm {
  const text = placement.passage === null ? proposed : placement.replacement;
  if (text.length > LONGEST_FIELD) {
    throw new UserError(
      "too-large",
      `Change #${number} is too long to be edited here; edit it in the console: ${url}`,
    );
  }
  const area = { kind: "text", multiline: true, maxLength: LONGEST_FIELD } as const;
  const why =
    reason.length > LONGEST_FIELD
      ? []
      : [{ ...area, name: "reason", label: "Reason", value: reason, required: false }];
  return {
    kind: "edit",
    ref,
    title: `Edit change #${number}`,
    submit: "Propose",
    fields: [
      { ...area, name: "proposed", label: "Proposed text", value: text, required: false },
      ...why,
    ],
  };
}
