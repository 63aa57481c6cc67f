/** Words that comments on a pull request share. */
import { markdownLink, sanitiseLine } from "./sanitise.ts";

/** An address with the words that it is shown by. */
export interface Link {
  label: string;
  url: string;
}

/** A change by its number, and where it is shown, if it is. */
export interface ChangeLink {
  number: number;
  url: string | null;
}

export interface CommitLink {
  sha: string;
  url: string | null;
}

/** Not with `#`, which would link an issue of that number. */
export function changeLink({ number, url }: ChangeLink): string {
  return url === null ? `change ${number}` : markdownLink(`change ${number}`, url);
}

export function commitLink({ sha, url }: CommitLink): string {
  const short = sha.slice(0, 7);
  return url === null ? short : markdownLink(short, url);
}

export function personName(name: string): string {
  return sanitiseLine(name) || "someone";
}

/** In place of what a comment has no room for. */
export function seeRest(what: string, { label, url }: Link): string {
  return `*The rest of this ${what} is in ${markdownLink(label, url)}.*`;
}
