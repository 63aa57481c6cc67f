/**
 * The names of buttons: `redline:<action>`, and `redline:<action>:<index>` where there are several of an
 * action in one message. What a button is about travels in its value; a menu has the choice in its option's.
 */

const prefix = "redline";

/** What was pressed: a card's action, `page` or `open`, and which of several. */
export interface PressedAction {
  action: string;
  choice: number | null;
}

export function actionId(action: string, choice: number | null = null): string {
  return choice === null ? `${prefix}:${action}` : `${prefix}:${action}:${choice}`;
}

/** Null for what is none of Redline's buttons. */
export function parseActionId(text: string): PressedAction | null {
  const match = /^redline:([a-z_]+)(?::(\d{1,6}))?$/u.exec(text);
  if (match?.[1] === undefined) return null;
  return { action: match[1], choice: match[2] === undefined ? null : Number(match[2]) };
}

/** The value of a menu's option. */
export function optionValue(ref: string, choice: number): string {
  return `${ref}#${choice}`;
}

/** Null for what `optionValue` did not make. */
export function parseOptionValue(value: string): { ref: string; choice: number } | null {
  const match = /^(.+)#(\d{1,6})$/u.exec(value);
  if (match?.[1] === undefined) return null;
  return { ref: match[1], choice: Number(match[2]) };
}
