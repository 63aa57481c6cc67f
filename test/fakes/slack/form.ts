/** Filling in what Block Kit asks: actions of a click, and the values of a modal. */
import type { Control } from "./blocks.ts";
import { controlsOf } from "./blocks.ts";
import type { Json, ViewState } from "./model.ts";

/** Text, an option's value or an id; several of them for what takes several; null leaves it empty. */
export type FormValue = string | readonly string[] | null;

/** One of a block_actions payload. */
export function actionOf(control: Control, choose: FormValue | undefined, ts: string): Json {
  const { element, type } = control;
  const common = {
    type,
    action_id: control.actionId,
    block_id: control.blockId,
    action_ts: ts,
  };
  if (type === "button" || type === "workflow_button") {
    const { text, value, style, url, confirm } = element;
    return {
      ...common,
      text,
      ...(value !== undefined && { value }),
      ...(style !== undefined && { style }),
      ...(url !== undefined && { url }),
      ...(confirm !== undefined && { confirm }),
    };
  }
  return { ...common, ...valueOf(control, choose ?? null), type };
}

/** What each kind of element holds, in Slack's shape. @throws Error for what it does not offer */
function valueOf({ element, type, actionId }: Control, value: FormValue): Json {
  const many = value === null ? [] : typeof value === "string" ? [value] : [...value];
  const option = (wanted: string): Json => {
    const groups = (element["option_groups"] ?? []) as { options: Json[] }[];
    const all = [
      ...((element["options"] ?? []) as Json[]),
      ...groups.flatMap((one) => one.options),
    ];
    const found = all.find((one) => one["value"] === wanted);
    if (found) return found;
    throw new Error(`${actionId} does not offer ${wanted}`);
  };
  const isExternal = type.endsWith("external_select");
  const chosen = (wanted: string): Json =>
    isExternal ? { text: { type: "plain_text", text: wanted }, value: wanted } : option(wanted);
  const [one = null] = many;
  switch (type) {
    case "static_select":
    case "external_select":
    case "radio_buttons":
    case "overflow":
      return { type, selected_option: one === null ? null : chosen(one) };
    case "checkboxes":
    case "multi_static_select":
    case "multi_external_select":
      return { type, selected_options: many.map(chosen) };
    case "users_select":
      return { type, selected_user: one };
    case "multi_users_select":
      return { type, selected_users: many };
    case "conversations_select":
      return { type, selected_conversation: one };
    case "multi_conversations_select":
      return { type, selected_conversations: many };
    case "channels_select":
      return { type, selected_channel: one };
    case "multi_channels_select":
      return { type, selected_channels: many };
    case "datepicker":
      return { type, selected_date: one };
    case "timepicker":
      return { type, selected_time: one };
    case "datetimepicker":
      return { type, selected_date_time: one === null ? null : Number(one) };
    default:
      return { type, value: one };
  }
}

/** What stands in an element before anybody touched it. */
function initialOf({ element }: Control): FormValue {
  const valued = (option: unknown): string => String((option as Json)["value"]);
  const { initial_option: option, initial_options: options } = element;
  if (option !== undefined) return valued(option);
  if (Array.isArray(options)) return options.map(valued);
  const named = Object.entries(element).find(([name]) => name.startsWith("initial_"));
  if (!named) return null;
  const [, value] = named;
  return Array.isArray(value) ? value.map(String) : String(value);
}

/** Puts values into a view's state. @throws Error for what the client would not take */
export function fillIn(
  view: ViewState,
  values: Record<string, FormValue>,
  isComplete: boolean,
): void {
  const controls = controlsOf(view.view["blocks"] as Json[]).filter(
    ({ type }) => type !== "button",
  );
  const known = new Set(controls.flatMap((one) => [one.actionId, one.blockId]));
  for (const name of Object.keys(values)) {
    if (!known.has(name))
      throw new Error(`there is no ${name}; there are ${describeControls(controls)}`);
  }
  for (const control of controls) {
    const { actionId, blockId } = control;
    const given = values[actionId] ?? values[blockId];
    const block = (view.values[blockId] ??= {});
    const isNew = block[actionId] === undefined;
    if (given !== undefined || isNew) {
      block[actionId] = valueOf(control, given === undefined ? initialOf(control) : given);
    }
    if (isComplete) check(control, block[actionId] ?? {});
  }
}

function check({ block, element, actionId }: Control, filled: Json): void {
  const [held] = Object.entries(filled)
    .filter(([name]) => name !== "type")
    .map(([, value]) => value);
  const isEmpty = held == null || held === "" || (Array.isArray(held) && held.length === 0);
  if (block["type"] === "input" && block["optional"] !== true && isEmpty) {
    throw new Error(`${actionId} must be filled in`);
  }
  if (typeof held !== "string" || isEmpty) return;
  const { max_length: max, min_length: min } = element;
  if (typeof max === "number" && held.length > max) throw new Error(`${actionId} is too long`);
  if (typeof min === "number" && held.length < min) throw new Error(`${actionId} is too short`);
}

export const describeControls = (controls: readonly Control[]): string =>
  controls.map(({ actionId, label }) => `${actionId} (${label})`).join(", ") || "none";
