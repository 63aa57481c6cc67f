import { useEffect } from "preact/hooks";
import { navigate, searchPath } from "../router.ts";
import { useStore } from "../state/store.ts";
import { Dialog } from "../ui/dialog.tsx";
import {
  listenForShortcuts,
  shortcutGroups,
  shortcutsOn,
  shortcutsShown,
  useShortcuts,
} from "./shortcuts.ts";

/** Mounted once: what works on every page, and the list of everything that works here. */
export function Shortcuts() {
  const shown = useStore(shortcutsShown);
  useShortcuts("Everywhere", [
    { key: "/", words: "Search", run: focusSearch },
    { key: "?", words: "Show this list", run: () => shortcutsShown.set(true) },
  ]);
  useEffect(() => listenForShortcuts(), []);
  return shown ? <ShortcutsDialog onClose={() => shortcutsShown.set(false)} /> : null;
}

function focusSearch(): void {
  const field = [...document.querySelectorAll<HTMLInputElement>("[role=search] input")].find(
    (input) => input.checkVisibility(),
  );
  if (field) field.focus();
  else navigate(searchPath({}));
}

function ShortcutsDialog({ onClose }: { onClose(): void }) {
  const on = useStore(shortcutsOn);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div class="shortcuts" data-off={!on}>
        {shortcutGroups()
          .toReversed()
          .map(({ title, shortcuts, others }) => (
            <section key={title}>
              <h3>{title}</h3>
              <dl>
                {shortcuts.map(({ key, words }) => (
                  <div key={key}>
                    <dt>
                      <kbd>{key}</kbd>
                    </dt>
                    <dd>{words}</dd>
                  </div>
                ))}
                {others.map(({ keys, words }) => (
                  <div key={keys}>
                    <dt>
                      <kbd>{keys}</kbd>
                    </dt>
                    <dd>{words}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        <section>
          <h3>In dialogs and fields</h3>
          <dl>
            <div>
              <dt>
                <kbd>Esc</kbd>
              </dt>
              <dd>Close the dialog, leave the field</dd>
            </div>
            <div>
              <dt>
                <kbd>Enter</kbd>
              </dt>
              <dd>Send the message; with Shift, begin a new line</dd>
            </div>
          </dl>
        </section>
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
