import type { ComponentChildren } from "preact";
import { navigate } from "../router.ts";

interface Props {
  to: string;
  class?: string;
  current?: boolean;
  title?: string;
  /** Single keys that lead there as well. */
  keys?: string;
  /** Called before this page is left for the other one. */
  onFollow?: (() => void) | undefined;
  children: ComponentChildren;
}

/** A link inside the console; a click with a modifier opens a tab as anywhere. */
export function Link({ to, class: className, current, title, keys, onFollow, children }: Props) {
  return (
    <a
      href={to}
      class={className}
      aria-current={current ? "page" : undefined}
      aria-keyshortcuts={keys}
      title={title}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onFollow?.();
        navigate(to);
      }}
    >
      {children}
    </a>
  );
}
