import type { ComponentChildren } from "preact";
import { Bell } from "../notifications/bell.tsx";
import { WhoAmI } from "../session/whoami.tsx";
import { SearchBox } from "../search/search-box.tsx";
import { ShortcutsButton } from "../shortcuts/shortcuts-dialog.tsx";
import { Brand } from "./brand.tsx";
import { Link } from "./link.tsx";

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
        <Link class="bar-link" to="/people">
          People
        </Link>
        {searches && <SearchBox />}
        <ShortcutsButton />
        <Bell />
        <WhoAmI />
      </div>
    </header>
  );
}
