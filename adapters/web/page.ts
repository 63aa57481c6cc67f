import { createHash } from "node:crypto";

export interface PagePaths {
  script: string;
  style: string;
  icon: string;
}

/** The console's HTML page. It holds no data and no inline script or style; the nonce is the policy's. */
export function page(paths: PagePaths, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Redline</title>
<link rel="icon" href="${paths.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${paths.style}" nonce="${nonce}">
<script type="module" src="${paths.script}" nonce="${nonce}"></script>
</head>
<body>
<div id="app"></div>
<noscript><p>Redline's console needs JavaScript.</p></noscript>
</body>
</html>
`;
}

/** Of pages that are forms. */
export const TOKEN_STYLE = `
:root { color-scheme: light dark; }
body { display: grid; min-height: 100vh; margin: 0; place-items: center; font: 15px/1.5 system-ui, sans-serif; color: #21201c; background: #f5f4f1; }
main { box-sizing: border-box; width: min(26rem, 100vw - 2rem); padding: 1.75rem; border: 1px solid #dddbd4; border-radius: 12px; background: #fff; }
h1 { margin: 0 0 .4rem; font-size: 1.3rem; }
p { margin: 0 0 1rem; }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
input, button { box-sizing: border-box; width: 100%; padding: .5rem .65rem; border: 1px solid #8a877d; border-radius: 6px; font: inherit; }
button { margin-top: .8rem; border-color: #2b5a86; color: #fff; background: #2b5a86; font-weight: 600; cursor: pointer; }
.problem { color: #a4281d; }
@media (prefers-color-scheme: dark) {
  body { color: #e7e5df; background: #131312; }
  main { border-color: #353531; background: #1c1c1b; }
  .problem { color: #f19a90; }
}
`;

/** The one inline style that a page may have, for the policy: this page can load no file yet. */
export const TOKEN_STYLE_HASH = `sha256-${createHash("sha256").update(TOKEN_STYLE).digest("base64")}`;

/** Shown instead of the console to a browser that has no token yet, or gave a wrong one. */
export function tokenPage(isWrong: boolean): string {
  return askForToken({
    about:
      "This console can be reached by other machines, so it asks who comes for the access token.",
    problem: isWrong
      ? "That is not the token. It is REDLINE_TOKEN where Redline runs; without that variable it stands in the address that Redline printed when it started."
      : null,
    label: "Access token",
    form: `method="get"`,
  });
}

/** Shown instead of the operator's pages. @param problem what was wrong with the last try */
export function operatorPage(problem: string | null): string {
  return askForToken({
    about: "The queues of this installation are for its operators.",
    problem,
    label: "Operator’s token (ADMIN_TOKEN)",
    form: `method="post" action="/admin/sign-in"`,
  });
}

interface Asked {
  about: string;
  problem: string | null;
  label: string;
  /** Attributes of the form. */
  form: string;
}

/** Every text is our own. */
function askForToken({ about, problem, label, form }: Asked): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Redline</title>
<style>${TOKEN_STYLE}</style>
</head>
<body>
<main>
<h1>Redline</h1>
<p>${about}</p>
${problem === null ? "" : `<p class="problem" role="alert">${problem}</p>`}
<form ${form}>
<label for="token">${label}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button type="submit">Enter</button>
</form>
</main>
</body>
</html>
`;
}

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#b3392f"/>
<path d="M9 9h14M9 23h9" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/>
<path d="M6.5 16h19" stroke="#fff" stroke-width="2.6" stroke-linecap="round" opacity=".55"/>
</svg>
`;
