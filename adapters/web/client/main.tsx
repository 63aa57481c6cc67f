/** The console's entry: everything that the browser runs is bundled from here. */
import { options, render } from "preact";
import { App } from "./app.tsx";

// By itself Preact draws with the next timer, which is after the frame that a delta was taken in for.
options.debounceRendering = queueMicrotask;
// Nor does it listen before the frame after: what can be seen would not yet hear a key or a click.
options.requestAnimationFrame = queueMicrotask;

const root = document.getElementById("app");
if (root) render(<App />, root);
