/** The console's HTML page. It holds no data and no inline script or style, as the CSP asks. */
export function page(paths: { script: string; style: string; icon: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Redline</title>
<link rel="icon" href="${paths.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${paths.style}">
<script type="module" src="${paths.script}"></script>
</head>
<body>
<div id="app"></div>
<noscript><p>Redline's console needs JavaScript.</p></noscript>
</body>
</html>
`;
}

/** Shown instead of the console to a browser that has no token yet. */
export const TOKEN_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Redline</title></head>
<body>
<h1>Redline</h1>
<p>This console asks for an access token. Open it once with <code>?token=</code> and the token behind the address.</p>
</body>
</html>
`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#b3392f"/>
<path d="M9 9h14M9 23h9" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/>
<path d="M6.5 16h19" stroke="#fff" stroke-width="2.6" stroke-linecap="round" opacity=".55"/>
</svg>
`;
