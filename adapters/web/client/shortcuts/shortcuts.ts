/** Single keys that do something, as long as nobody is typing. What is mounted says which there are. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { createStore } from "../state/store.ts";

export interface Shortcut {
  /** What `KeyboardEvent.key` says, letters in lower case. */
  key: string;
  words: string;
  run(): void;
}

export interface ShortcutGroup {
  title: string;
  shortcuts: readonly Shortcut[];
  /** Keys that a part of the page listens for itself: only told of here. */
  others: readonly { keys: string; words: string }[];
}

const groups: { current: ShortcutGroup }[] = [];
const SWITCH = "redline.shortcuts";

/** Whether single keys do anything: a voice or a hand that hits keys by accident may turn them off. */
export const shortcutsOn = createStore(readSwitch());
shortcutsOn.watch(() => {
  try {
    localStorage.setItem(SWITCH, shortcutsOn.get() ? "on" : "off");
  } catch {
    // Without storage the choice lives as long as the page.
  }
});

export const shortcutsShown = createStore(false);

function readSwitch(): boolean {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

/** Offers these as long as the component is there; the newest group wins where two have the same key. */
export function useShortcuts(
  title: string,
  shortcuts: readonly Shortcut[],
  others: ShortcutGroup["others"] = [],
): void {
  const group = useRef<ShortcutGroup>({ title, shortcuts, others });
  group.current = { title, shortcuts, others };
  useLayoutEffect(() => {
    groups.push(group);
    return () => void groups.splice(groups.indexOf(group), 1);
  }, []);
}

export function shortcutGroups(): ShortcutGroup[] {
  return groups.map((group) => group.current);
}

/** Listens until the page ends; returns the way to stop. */
export function listenForShortcuts(): () => void {
  const press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (event.isComposing || (target && isTyping(target))) {
      // Out of the field, so that keys mean something again; what was typed stays.
      if (event.key === "Escape") target?.blur();
      return;
    }
    const shortcut = findShortcut(shortcutGroups(), event.key);
    if (!shortcut || (!shortcutsOn.get() && shortcut.key !== "?")) return;
    event.preventDefault();
    shortcut.run();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}

export function findShortcut(
  from: readonly Pick<ShortcutGroup, "shortcuts">[],
  key: string,
): Shortcut | null {
  const pressed = key.length === 1 ? key.toLowerCase() : key;
  for (const group of from.toReversed()) {
    const found = group.shortcuts.find((shortcut) => shortcut.key === pressed);
    if (found) return found;
  }
  return null;
}

const NOT_TYPED = new Set([
  "button",
  "checkbox",
  "radio",
  "submit",
  "reset",
  "range",
  "color",
  "file",
]);

function isTyping(element: HTMLElement): boolean {
  if (element.isContentEditable) return true;
  if (element instanceof HTMLInputElement) return !NOT_TYPED.has(element.type);
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}
