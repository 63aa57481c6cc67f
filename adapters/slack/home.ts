/** The overview as the home tab of the app. Pure. */
import type { Home, HomeChange, HomeNews, HomeRfc } from "../../src/chat/home.ts";
import { actionId } from "./action-id.ts";
import {
  actions,
  context,
  escapedLine,
  header,
  link,
  linkButton,
  section,
} from "./blocks/block.ts";
import type { Block } from "./blocks/block.ts";

/** Of 100 blocks of a view; each part tells what it leaves out. */
const MOST = { waiting: 20, watched: 15, rfcs: 15, news: 20 };

export function homeView(home: Home): Block {
  const { waiting, watched, rfcs, news, since, url } = home;
  const open = linkButton("Open the console", actionId("open"), url);
  const sinceThen = since === null ? "What happened lately" : "Since you last looked";
  const blocks = [
    ...part(
      "Waits for your decision",
      waiting,
      MOST.waiting,
      waitingRow,
      url,
      "Nothing waits for you.",
    ),
    ...part(sinceThen, news, MOST.news, newsRow, url, "Nothing new."),
    ...part("You watch", watched, MOST.watched, rfcRow, url, "You watch no RFC yet."),
    ...part(
      "RFCs discussed here",
      rfcs,
      MOST.rfcs,
      rfcRow,
      url,
      "None yet. Mention Redline in a thread with `link` and an RFC or a pull request.",
    ),
    open && actions([open]),
  ];
  return { type: "home", blocks: blocks.filter((block) => block !== null) };
}

function part<T>(
  title: string,
  items: readonly T[],
  most: number,
  row: (item: T) => string,
  url: string,
  nothing: string,
): Block[] {
  const left = items.length - most;
  const more = left > 0 ? [context([`${left} more: ${link(url, "see them all")}`])] : [];
  const rows = items.slice(0, most).map((item) => section(row(item)));
  return [header(title), ...(rows.length > 0 ? rows : [context([nothing])]), ...more];
}

function waitingRow({ number, rfcTitle, section: path, reason, since, url }: HomeChange): string {
  const where = path.length > 0 ? `  ·  § ${escapedLine(path.join(" › "), 150)}` : "";
  const why = reason === "" ? "" : `\n${escapedLine(reason, 200)}`;
  const title = `*${link(url, `#${number}`)}* ${escapedLine(rfcTitle, 150)}${where}`;
  return `${title}  ·  since ${day(since)}${why}`;
}

function newsRow({ at, text, url }: HomeNews): string {
  return `${day(at)}  ·  ${escapedLine(text, 400)}  ·  ${link(url, "Open")}`;
}

function rfcRow({ title, url, placeUrl, pending, stale, accepted, declined }: HomeRfc): string {
  const counts = [
    `${pending} pending`,
    stale > 0 ? `${stale} stale` : null,
    `${accepted} accepted`,
    `${declined} declined`,
  ].filter((count) => count !== null);
  const place = placeUrl === null ? "" : `  ·  ${link(placeUrl, "Thread")}`;
  const name = title.length > 200 ? `${title.slice(0, 200).toWellFormed()}…` : title;
  return `*${link(url, name)}*${place}\n${counts.join("  ·  ")}`;
}

/** In the reader's own time zone; the date alone where the client cannot. */
function day(at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  return `<!date^${seconds}^{date_short_pretty}|${at.toISOString().slice(0, 10)}>`;
}
