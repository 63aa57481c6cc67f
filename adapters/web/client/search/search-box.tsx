import { useState } from "preact/hooks";
import { navigate, searchPath } from "../router.ts";

/** A way into the search from any page; `/` puts the cursor there. */
export function SearchBox({ rfc = "" }: { rfc?: string }) {
  const [text, setText] = useState("");
  return (
    <form
      class="search-box"
      role="search"
      action="/search"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") navigate(searchPath({ q: text.trim(), rfc }));
      }}
    >
      <input
        type="search"
        name="q"
        aria-label="Search documents, messages and changes"
        aria-keyshortcuts="/"
        placeholder="Search"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
