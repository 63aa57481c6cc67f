import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { RfcDetailJson } from "../views/rfc-view.ts";
import { Bell } from "./notifications/bell.tsx";
import { WatchButton } from "./notifications/watch-button.tsx";
import { SuggestionSwitch } from "./reviews/suggestion-switch.tsx";
import { historyPath, rfcPeoplePath } from "./router.ts";
import { WhoAmI } from "./session/whoami.tsx";
import { SearchBox } from "./search/search-box.tsx";
import { ShortcutsButton } from "./shortcuts/shortcuts-dialog.tsx";
import { useDesk } from "./state/desk.ts";
import { useStore } from "./state/store.ts";
import { closeFromOutside } from "./ui/close-from-outside.ts";
import { Link } from "./ui/link.tsx";
import { askWhy, whyMode } from "./why/why-state.ts";

/** What the head of a document's page leads to; where there is no room for it, behind a button. */
export function RfcTools({ rfc }: { rfc: RfcDetailJson }) {
  const root = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const id = useId();
  useEffect(() => (open ? closeFromOutside(root.current, setOpen) : undefined), [open]);
  return (
    <>
      <div class="bar-tools" data-open={open} ref={root}>
        <button
          type="button"
          class="icon-button more-button"
          aria-label="More"
          aria-expanded={open}
          aria-controls={id}
          title="Why, history, search and more"
          // What is selected in the document stays so.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => setOpen(!open)}
        >
          ⋯
        </button>
        <div class="tools-panel" id={id}>
          <p class="bar-about quiet">
            {rfc.title} · {rfc.path} · {rfc.branch}
          </p>
          <WhyButton onAsk={() => setOpen(false)} />
          <Link class="bar-link" to={historyPath(rfc.slug)}>
            History
          </Link>
          <Link class="bar-link" to={rfcPeoplePath(rfc.slug)}>
            People
          </Link>
          <WatchButton slug={rfc.slug} />
          <SuggestionSwitch rfc={rfc} />
          <SearchBox rfc={rfc.slug} />
          <ShortcutsButton />
        </div>
      </div>
      <Bell />
      <WhoAmI />
    </>
  );
}

function WhyButton({ onAsk }: { onAsk(): void }) {
  const desk = useDesk();
  const asking = useStore(whyMode);
  return (
    <button
      type="button"
      class="small why-button"
      aria-pressed={asking}
      aria-keyshortcuts="w"
      title="Why does it read so? Select text or click a sentence (w)"
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => {
        askWhy();
        // A sentence can be clicked where it is seen.
        if (whyMode.get()) desk.pane.set("document");
        onAsk();
      }}
    >
      Why?
    </button>
  );
}
