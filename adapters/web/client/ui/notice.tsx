import type { ComponentChildren } from "preact";

interface Props {
  kind: "problem" | "hint";
  children: ComponentChildren;
}

/** A sentence for the person; problems are announced. */
export function Notice({ kind, children }: Props) {
  return (
    <p class={`notice notice-${kind}`} role={kind === "problem" ? "alert" : undefined}>
      {children}
    </p>
  );
}
