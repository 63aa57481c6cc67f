import { useLayoutEffect } from "preact/hooks";
import { navigate, NOTIFICATIONS, searchPath } from "../router.ts";
import { useStore } from "../state/store.ts";
import { Dialog } from "../ui/dialog.tsx";
import {
  listenForShortcuts,
  shortcutGroups,
  shortcutsOn,
  shortcutsShown,
  useShortcuts,
  type ShortcutGroup,
} from "./shortcuts.ts";

/** Mounted once: what works on every page, and the list of everything that works here. */
export function Shortcuts() {
  const shown = useStore(shortcutsShown);
  useShortcuts("Everywhere", [
    { key: "/", words: "Search", run: focusSearch },
    { key: "n", words: "Notifications", run: () => navigate(NOTIFICATIONS) },
    { key: "?", words: "Show this list", run: () => shortcutsShown.set(true) },
  ]);
  useLayoutEffect(() => listenForShortcuts(), []);
  return shown ? <ShortcutsDialog onClose={() => shortcutsShown.set(false)} /> : null;
}

function focusSearch(): void {
  const field = [...document.querySelectorAll<HTMLInputElement>("[role=search] input")].find(
    (input) => input.checkVisibility(),
  );
  if (field) field.focus();
  else navigate(searchPath({}));
}

/** Held by `Dialog` and by the listener for shortcuts: true wherever there is a dialog or a field. */
const ANYWHERE: ShortcutGroup = {
  title: "In dialogs and fields",
  shortcuts: [],
  others: [
    { keys: mainKey(), words: "In a dialog: press its main button" },
    { keys: "Esc", words: "Close the dialog, or leave the field" },
  ],
};

function mainKey(): string {
  return /Mac|iP(hone|ad)/.test(navigator.platform) ? "⌘ Enter" : "Ctrl Enter";
}

function ShortcutsDialog({ onClose }: { onClose(): void }) {
  const on = useStore(shortcutsOn);
  const groups = [...shortcutGroups().toReversed(), ANYWHERE];
  // What works anywhere on the page comes before what works in one part of it.
  const sorted = groups.toSorted((a, b) => partsOnly(a) - partsOnly(b));
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div class="shortcuts" data-off={!on}>
        {sorted.map(({ title, shortcuts, others }) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            <dl>
              {shortcuts.map(({ key, words }) => (
                <Row key={key} keys={key} words={words} />
              ))}
              {others.map(({ keys, words }) => (
                <Row key={keys} keys={keys} words={words} />
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div class="dialog-foot">
        <label class="check">
          <input
            type="checkbox"
            checked={on}
            onChange={(event) => shortcutsOn.set(event.currentTarget.checked)}
          />
          Single-key shortcuts
        </label>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function partsOnly({ shortcuts }: ShortcutGroup): number {
  return shortcuts.length === 0 ? 1 : 0;
}

function Row({ keys, words }: { keys: string; words: string }) {
  return (
    <div>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{words}</dd>
    </div>
  );
}

/** For who has no keyboard habit yet: the list is a click away. */
export function ShortcutsButton() {
  return (
    <button
      type="button"
      class="icon-button help-button"
      aria-label="Keyboard shortcuts"
      aria-keyshortcuts="?"
      title="Keyboard shortcuts (?)"
      onClick={() => shortcutsShown.set(true)}
    >
      ?
    </button>
  );
}
