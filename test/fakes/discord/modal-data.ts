/** What a filled-in form brings. */
import { TYPES, controlsOf, isSelect } from "./components.ts";
import type { Json, Modal } from "./model.ts";

/** @throws Error for what the client would not let pass */
export function filledIn(modal: Modal, values: Record<string, string | string[]>): Json {
  const known = new Set(controlsOf(modal.components).map(({ customId }) => customId));
  for (const name of Object.keys(values)) {
    if (!known.has(name))
      throw new Error(`the form asks for ${[...known].join(", ")}, not ${name}`);
  }
  return { components: modal.components.map((part) => partOf(part, values)) };
}

function partOf(part: Json, values: Record<string, string | string[]>): Json {
  const { type, id } = part;
  if (type === TYPES.row) {
    const inner = (part["components"] as Json[]).map((one) => valueOf(one, values));
    return { type, id, components: inner };
  }
  if (type === TYPES.label) {
    return { type, id, component: valueOf(part["component"] as Json, values) };
  }
  return { type, id };
}

function valueOf(control: Json, values: Record<string, string | string[]>): Json {
  const { type, id, custom_id: customId } = control;
  const given = values[String(customId)];
  const isRequired = control["required"] !== false;
  if (isSelect(control)) {
    const options = (control["options"] ?? []) as Json[];
    const preset = options.filter((one) => one["default"] === true);
    const chosen = [given ?? preset.map(({ value }) => String(value))].flat();
    if (isRequired && chosen.length === 0) throw new Error(`${String(customId)} is required`);
    return { type, id, custom_id: customId, values: chosen };
  }
  const value = [given ?? (control["value"] as string | null) ?? ""].flat().join("");
  if (isRequired && value === "") throw new Error(`${String(customId)} is required`);
  const most = Number(control["max_length"] ?? 4_000);
  if (value.length > most) throw new Error(`${String(customId)} takes ${most} characters`);
  const least = Number(control["min_length"] ?? 0);
  if (value !== "" && value.length < least) {
    throw new Error(`${String(customId)} needs ${least} characters`);
  }
  return { type, id, custom_id: customId, value };
}
