/**
 * The one way into the page for text that is HTML. The page's policy (`require-trusted-types-for`) refuses plain
 * text wherever HTML or a script is expected, so that a slip elsewhere in the code, or in a package, fails
 * instead of running what somebody wrote. What comes here has been through `sanitize.ts`; redlines and colours
 * that were drawn into it since are our own.
 */
import { useMemo } from "preact/hooks";

/** The part of the browser's interface that is used here. What a policy makes stands for a text in the types. */
interface HtmlPolicy {
  createHTML(text: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: HtmlPolicy): HtmlPolicy;
}

let policy: HtmlPolicy | undefined;

/** @param html as `sanitize` made it */
function trust(html: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= types?.createPolicy("redline-markup", { createHTML: (text) => text });
  return policy?.createHTML(html) ?? html;
}

/** For `dangerouslySetInnerHTML`; the same object as long as the text is. */
export function useMarkup(html: string): { __html: string } {
  return useMemo(() => ({ __html: trust(html) }), [html]);
}
