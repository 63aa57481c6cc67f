/** How a person's message reads in the places that it was not written in. Pure. */
import { oneLine } from "../one-line.ts";
import type { SegmentBudget } from "../rendering/segments.ts";
import { cutAll, renderSegment } from "../rendering/segments.ts";

/** Where a message was written: a platform's name, or the console. */
type Origin = "slack" | "discord" | "github" | "console";

const LABELS: Record<Origin, string> = {
  slack: "Slack",
  discord: "Discord",
  github: "GitHub",
  console: "console",
};

export function originLabel(origin: string): string {
  return (LABELS as Record<string, string>)[origin] ?? origin;
}

export interface RemarkText {
  /** The name that its author has where it was written. */
  author: string;
  /** As `Origin`; the name of any other platform stands for itself. */
  origin: string;
  quote: string | null;
  text: string;
}

/** The Markdown of the messages that it takes, one at least; each says whose words it shows. */
export function remarkParts(remark: RemarkText, budget: SegmentBudget): string[] {
  const name = escapeName(remark.author);
  const head = `**${name}** (${originLabel(remark.origin)})`;
  const whole = assemble(`${head}:`, remark);
  if (budget.measure(whole) <= budget.limit) return [whole];
  const next = `${head}, continued:\n`;
  const rest = { ...budget, limit: budget.limit - budget.measure(next) };
  return cutAll(whole, rest).map((segment, at) => {
    const part = renderSegment(whole, segment);
    return at === 0 ? part : `${next}${part}`;
  });
}

function assemble(head: string, remark: RemarkText): string {
  const words = remarkWords(remark);
  const isPlain = !words.includes("\n") && !/^[\s>#*+\-|`~\d=]/.test(words);
  return `${head}${isPlain ? " " : "\n"}${words}`;
}

/** What is said, below what it quotes; in it nothing looks like the beginning of somebody else's words. */
export function remarkWords({ quote, text }: Pick<RemarkText, "quote" | "text">): string {
  const said = withoutHeads(text.trim());
  return quote === null ? said : `${quoteLines(withoutHeads(quote.trim()))}\n\n${said}`;
}

function quoteLines(quote: string): string {
  return quote
    .split(/\r\n?|\n/)
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

/** What a line of a remark begins with; in somebody's own words it must not look like another's. */
const HEAD =
  /^[^\p{L}*_`\\\n]*[*_]{1,3}.{0,100}?\(\P{L}{0,9}(?:slack|discord|github|console).{0,40}?[:：]/gimu;

function withoutHeads(text: string): string {
  return text.replace(HEAD, (head) => head.replace(/[*_]/g, "\\$&"));
}

const LONGEST_NAME = 80;

/** Nothing in a name is Markdown. */
function escapeName(name: string): string {
  const line = oneLine(name).slice(0, LONGEST_NAME).toWellFormed();
  return (line || "Somebody").replace(/[\\`*_~[\]<>|#]/g, "\\$&");
}
