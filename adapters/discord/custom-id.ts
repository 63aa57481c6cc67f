/**
 * What a control carries: `redline:<action>:<choice>:<ref>`, the choice empty where there is none. A menu's
 * options have their choice as their value. Forms: `redline:form.<kind>::<ref>`.
 */

export interface Pressed {
  /** A card's action, `page`, or `form.<kind>`. */
  action: string;
  choice: number | null;
  ref: string;
}

const PREFIX = "redline";

/** At most 100 characters, as Discord takes, for references of up to 60. */
export function customId(action: string, ref: string, choice: number | null = null): string {
  return `${PREFIX}:${action}:${choice ?? ""}:${ref}`;
}

/** Null for what is none of Redline's controls. */
export function parseCustomId(text: string): Pressed | null {
  const match = /^redline:([a-z_.]{1,20}):(\d{0,6}):(.{1,80})$/u.exec(text);
  if (match?.[1] === undefined || match[3] === undefined) return null;
  return { action: match[1], choice: match[2] === "" ? null : Number(match[2]), ref: match[3] };
}
