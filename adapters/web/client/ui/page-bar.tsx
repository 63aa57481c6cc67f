import type { ComponentChildren } from "preact";
import { SearchBox } from "../search/search-box.tsx";
import { ShortcutsButton } from "../shortcuts/shortcuts-dialog.tsx";
import { Brand } from "./brand.tsx";

/** The head of every page but the document's own. */
export function PageBar({
  children,
  searches = true,
}: {
  children?: ComponentChildren;
  searches?: boolean;
}) {
  return (
    <header class="bar page-bar">
      <Brand />
      {children}
      <div class="bar-tools">
        {searches && <SearchBox />}
        <ShortcutsButton />
      </div>
    </header>
  );
}
