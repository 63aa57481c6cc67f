import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useDesk } from "../state/desk.ts";
import { useShortcuts } from "../shortcuts/shortcuts.ts";
import { useStore } from "../state/store.ts";

interface Props {
  label: string;
  placeholder: string;
  busy: boolean;
  onSend(): void;
  children: ComponentChildren;
}

const MESSAGE_KEYS = [
  { keys: "Enter", words: "Send it" },
  { keys: "Shift Enter", words: "Begin a new line" },
];

/** Where a message is written. Enter sends, Shift+Enter breaks the line. */
export function MessageField({ label, placeholder, busy, onSend, children }: Props) {
  const desk = useDesk();
  const draft = useStore(desk.draft);
  const field = useRef<HTMLTextAreaElement>(null);
  useShortcuts("In a message", [], MESSAGE_KEYS);
  const ready = draft.text.trim() !== "" && !busy;

  // Grows with its text, up to the limit that the style sheet sets.
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = "auto";
    current.style.height = `${current.scrollHeight + 2}px`;
  }, [draft.text]);

  // A quote or a passage was put in: the next thing is to write.
  const attached = `${draft.quote ?? ""} ${draft.anchor?.text ?? ""}`.trim();
  useLayoutEffect(() => {
    if (attached !== "") field.current?.focus();
  }, [attached]);

  return (
    <form
      class="message-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onSend();
      }}
    >
      <div class="message-field">
        <textarea
          ref={field}
          rows={2}
          aria-label={label}
          placeholder={placeholder}
          value={draft.text}
          onInput={(event) => {
            const text = event.currentTarget.value;
            desk.draft.update((known) => ({ ...known, text }));
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            if (ready) onSend();
          }}
        />
        <div class="message-field-row">
          {children}
          <button type="submit" class="primary" disabled={!ready}>
            Send
          </button>
        </div>
      </div>
      <p class="hint quiet">Enter sends, Shift+Enter begins a new line.</p>
    </form>
  );
}
