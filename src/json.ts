/** Reading what came from outside, of which nothing is certain. */
import { storableText } from "./storable.ts";

export type Json = Readonly<Record<string, unknown>>;

export function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Null for what is no text, or empty. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Null for what is no finite number. */
export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Those of the fields that are there. */
export function pick(value: unknown, fields: readonly string[]): Record<string, unknown> {
  const from = record(value);
  return Object.fromEntries(fields.filter((f) => f in from).map((field) => [field, from[field]]));
}

/** Without what jsonb refuses: U+0000 and halves of surrogate pairs become U+FFFD. */
export function storable(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, part]) => [storableText(name), storable(part)]));
}
