import { useEffect, useRef, useState } from "preact/hooks";

export interface Typed {
  text: string;
  type(text: string): void;
  /** Tells what was typed without waiting. */
  settle(): void;
}

const SETTLE_MS = 200;

/** A field's text that follows `value`, and is told, trimmed, when the typing rests. */
export function useTyped(value: string, onSettle: (text: string) => void): Typed {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // What was asked beside it may have changed while somebody typed.
  const latest = useRef({ text, onSettle });
  latest.current = { text, onSettle };
  // Going back and forward brings another text; white space at the end is somebody's next word.
  useEffect(() => setText((known) => (known.trim() === value ? known : value)), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = (): void => {
    clearTimeout(timer.current);
    latest.current.onSettle(latest.current.text.trim());
  };
  return {
    text,
    settle,
    type(next) {
      setText(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(settle, SETTLE_MS);
    },
  };
}
