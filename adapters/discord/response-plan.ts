/**
 * How an interaction is answered before anything is known of it, so that Discord hears within its three seconds
 * whatever else is slow. Pure.
 */
import {
  ApplicationCommandType,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
} from "discord.js";
import type { Json } from "../../src/json.ts";
import { record, text } from "../../src/json.ts";
import { parseCustomId } from "./custom-id.ts";
import type { ResponseState } from "./responses.ts";

export interface ResponsePlan {
  state: ResponseState;
  /** Body of the deferral. */
  deferral: Json;
  /** Milliseconds after which it is sent: a form has to come first. */
  afterMs: number;
}

/** A form that nobody has opened by then is not waited for any longer. */
const FORM_MS = 2_000;
const FORMS: ReadonlySet<string> = new Set(["decline", "edit", "concern"]);

const THINKING: Json = {
  type: InteractionResponseType.DeferredChannelMessageWithSource,
  data: { flags: MessageFlags.Ephemeral },
};
const SILENT: Json = { type: InteractionResponseType.DeferredMessageUpdate };

/** Null for what is answered at once, or not at all. */
export function planResponse(interaction: Json): ResponsePlan | null {
  const data = record(interaction["data"]);
  const form: ResponsePlan = { state: "form", deferral: THINKING, afterMs: FORM_MS };
  const thinking: ResponsePlan = { state: "original", deferral: THINKING, afterMs: 0 };
  const silent: ResponsePlan = { state: "followup", deferral: SILENT, afterMs: 0 };
  switch (interaction["type"]) {
    case InteractionType.ApplicationCommand:
      return data["type"] === ApplicationCommandType.Message ? form : thinking;
    case InteractionType.MessageComponent: {
      const pressed = parseCustomId(text(data["custom_id"]) ?? "");
      return pressed && FORMS.has(pressed.action) ? form : silent;
    }
    case InteractionType.ModalSubmit:
      return text(record(interaction["message"])["id"]) === null ? thinking : silent;
    default:
      return null;
  }
}
