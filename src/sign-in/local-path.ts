const NOWHERE = "https://console.invalid";

/**
 * A path of this console, as it was given; "/" for anything that could lead elsewhere, or back into signing in. A
 * browser reads a backslash as a slash, and drops tabs and line breaks, so that nothing with those is taken. Pure.
 */
export function localPath(given: string): string {
  // oxlint-disable-next-line eslint/no-control-regex
  if (!/^\/(?![/\\])[^\\\u0000-\u0020\u007f]*$/u.test(given) || given.length > 2_000) return "/";
  if (!URL.canParse(given, NOWHERE)) return "/";
  const { origin, pathname, search, hash } = new URL(given, NOWHERE);
  if (origin !== NOWHERE || pathname.startsWith("//")) return "/";
  if (/^\/(?:sign-in|api|assets|admin)(?:\/|$)/i.test(pathname)) return "/";
  return pathname + search + hash;
}
