import type { ComponentChildren } from "preact";
import { navigate } from "../router.ts";

interface Props {
  to: string;
  class?: string;
  current?: boolean;
  /** Called before this page is left for the other one. */
  onFollow?: (() => void) | undefined;
  children: ComponentChildren;
}

/** A link inside the console; a click with a modifier opens a tab as anywhere. */
export function Link({ to, class: className, current, onFollow, children }: Props) {
  return (
    <a
      href={to}
      class={className}
      aria-current={current ? "page" : undefined}
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
