/** The page at which people sign in. It holds no data and no script, as it is shown to everybody. */
import { createHash } from "node:crypto";
import { TOKEN_STYLE } from "./page.ts";

const STYLE = `${TOKEN_STYLE}
.sign-in { display: block; padding: .6rem .65rem; border-radius: 6px; color: #fff; background: #2b5a86; font-weight: 600; text-align: center; text-decoration: none; }
a:focus-visible, summary:focus-visible, input:focus-visible, button:focus-visible { outline: 3px solid #d18b1b; outline-offset: 2px; }
.quiet { margin: 1rem 0 0; color: #5f5c54; font-size: .9rem; }
details { margin-top: 1.25rem; padding-top: 1rem; border-top: 1px solid #dddbd4; }
summary { cursor: pointer; }
form { margin-top: .8rem; }
@media (prefers-color-scheme: dark) {
  .quiet { color: #aaa79d; }
  details { border-color: #353531; }
}
`;

export const SIGN_IN_STYLE_HASH = `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;

export interface SignInPage {
  /** Where to go afterwards: a path of the console. */
  to: string;
  /** Why the last try failed; null where there is nothing to tell. */
  problem: string | null;
  /** What went well, such as signing out. */
  news: string | null;
  /** Whether whoever runs Redline may come in with a token. */
  takesToken: boolean;
}

export function signInPage({ to, problem, news, takesToken }: SignInPage): string {
  const again = problem === null ? "Sign in with GitHub" : "Try again with GitHub";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in – Redline</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Redline</h1>
${problem === null ? "" : `<p class="problem" role="alert">${escape(problem)}</p>`}
${news === null ? "" : `<p role="status">${escape(news)}</p>`}
<p>Sign in to see the RFCs whose repositories you may read on GitHub.</p>
<a class="sign-in" href="/sign-in/github?to=${encodeURIComponent(to)}">${again}</a>
<p class="quiet">Redline learns who you are there, and asks for no further permission. If you have connected that account in chat, you are the same person here.</p>
${takesToken ? TOKEN_FORM : ""}
</main>
</body>
</html>
`;
}

const TOKEN_FORM = `<details>
<summary>For whoever runs Redline</summary>
<form method="get" action="/">
<label for="token">Access token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required>
<button type="submit">Enter</button>
</form>
</details>`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
