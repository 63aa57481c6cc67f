/** Forms as Discord's modals. Pure. */
import type { ChatField, ChatForm } from "../../src/chat/chat-event.ts";
import { UserError } from "../../src/errors.ts";
import type { Json } from "../../src/json.ts";
import { LIMITS, label } from "./components/component.ts";
import { customId } from "./custom-id.ts";

/** Discord's bounds, in characters. Source: Discord's API reference, "Component Reference". */
const MOST = { title: 45, label: 45, hint: 100, input: 4_000, fields: 5 };
const TYPE = { menu: 3, input: 4, label: 18 };
const STYLE = { short: 1, paragraph: 2 };

/** The data of a modal. @throws UserError where a text is longer than Discord's forms take */
export function modalOf({ kind, ref, title, fields }: ChatForm): Json {
  if (fields.length > MOST.fields) throw new Error(`a form of ${fields.length} fields`);
  return {
    custom_id: customId(`form.${kind}`, ref),
    title: label(title, MOST.title),
    components: fields.map(fieldOf),
  };
}

function fieldOf(field: ChatField): Json {
  const words = label(field.label, MOST.label);
  if (field.kind === "text") return { type: TYPE.label, label: words, component: inputOf(field) };
  const { options, name } = field;
  if (options.length === 0) {
    throw new UserError("nothing-to-do", "There is nothing to choose from.");
  }
  const shown = options
    .filter(({ value }) => value !== "" && value.length <= LIMITS.option)
    .slice(0, LIMITS.options);
  const left = options.length - shown.length;
  const hint = `${left} more are not listed; name the one you mean in a command instead.`;
  return {
    type: TYPE.label,
    label: words,
    ...(left > 0 && { description: label(hint, MOST.hint) }),
    component: {
      type: TYPE.menu,
      custom_id: name,
      required: true,
      options: shown.map((one) => ({ label: label(one.label, LIMITS.option), value: one.value })),
    },
  };
}

function inputOf(field: ChatField & { kind: "text" }): Json {
  const { name, value, multiline, required, maxLength } = field;
  if (value.length > MOST.input) {
    const words =
      "This text is longer than the 4,000 characters of Discord's forms; open the change to edit it there.";
    throw new UserError("too-large", words);
  }
  return {
    type: TYPE.input,
    custom_id: name,
    style: multiline ? STYLE.paragraph : STYLE.short,
    required,
    max_length: Math.min(Math.max(maxLength, value.length, 1), MOST.input),
    ...(value !== "" && { value }),
  };
}
