/** Forms as Slack's modals. Pure. What comes back names the form, its reference and where it was opened. */
import type { ChatField, ChatForm, FormKind, Reply } from "../../src/chat/chat-event.ts";
import { UserError } from "../../src/errors.ts";
import { record, text } from "../../src/json.ts";
import { optionText, plain } from "./blocks/block.ts";
import type { Block } from "./blocks/block.ts";

/** Slack's bounds, in characters. Source: docs.slack.dev, "Views" and "Input block". */
const MOST = { title: 24, label: 150, input: 3_000, options: 100, value: 150, metadata: 3_000 };

const CALLBACK = "redline:form:";
/** The only control of a block, whose id is the field's name. */
const CONTROL = "value";

interface FormMetadata {
  ref: string;
  reply: Reply;
}

/** @throws UserError where a text is longer than Slack's forms take */
export function formView(form: ChatForm, reply: Reply): Block {
  return {
    type: "modal",
    callback_id: `${CALLBACK}${form.kind}`,
    private_metadata: metadataOf({ ref: form.ref, reply: { ...reply, trigger: null } }),
    title: plain(form.title, MOST.title),
    submit: plain(form.submit, MOST.title),
    close: plain("Cancel"),
    blocks: form.fields.map(fieldBlock),
  };
}

/** What a submitted modal says, from Slack's `view`; null for what is none of Redline's forms. */
export function readForm(view: {
  callbackId: string;
  privateMetadata: string;
}): (FormMetadata & { form: FormKind }) | null {
  const form = FORMS.find((kind) => view.callbackId === `${CALLBACK}${kind}`);
  if (!form) return null;
  try {
    const metadata = record(JSON.parse(view.privateMetadata));
    const { channel, thread, responseUrl } = record(metadata["reply"]);
    const [ref, where] = [text(metadata["ref"]), text(channel)];
    if (ref === null || where === null) return null;
    const address = text(responseUrl);
    const reply = { channel: where, thread: text(thread), trigger: null, responseUrl: address };
    return { form, ref, reply };
  } catch {
    return null;
  }
}

const FORMS: readonly FormKind[] = ["decline", "edit", "concern", "discuss"];

function metadataOf(metadata: FormMetadata): string {
  const written = JSON.stringify(metadata);
  if (written.length <= MOST.metadata) return written;
  // The address of answers is the one thing of any length; without it they go to the channel.
  return JSON.stringify({ ...metadata, reply: { ...metadata.reply, responseUrl: null } });
}

function fieldBlock(field: ChatField): Block {
  const label = plain(field.label, MOST.label);
  const block = { type: "input", block_id: field.name, label };
  if (field.kind === "text") return { ...block, optional: !field.required, element: input(field) };
  const { options } = field;
  if (options.length === 0)
    throw new UserError("nothing-to-do", "There is nothing to choose from.");
  const left = options.length - MOST.options;
  const hint = `${left} more are not listed; name the one you mean in a command instead.`;
  return { ...block, element: menu(options), ...(left > 0 && { hint: plain(hint) }) };
}

function input(field: ChatField & { kind: "text" }): Block {
  const { value, multiline, maxLength } = field;
  if (value.length > MOST.input) {
    const words =
      "This text is longer than the 3,000 characters of Slack's forms; open the change to edit it there.";
    throw new UserError("too-large", words);
  }
  return {
    type: "plain_text_input",
    action_id: CONTROL,
    multiline,
    max_length: Math.min(Math.max(maxLength, value.length, 1), MOST.input),
    ...(value !== "" && { initial_value: value }),
  };
}

function menu(options: readonly { value: string; label: string }[]): Block {
  return {
    type: "static_select",
    action_id: CONTROL,
    options: options
      .filter(({ value }) => value !== "" && value.length <= MOST.value)
      .slice(0, MOST.options)
      .map(({ value, label }) => ({ text: optionText(label), value })),
  };
}
