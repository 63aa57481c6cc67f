import type { BacklogJson } from "../../views/statistics-view.ts";
import { count, duration } from "./figure-words.ts";

const WORDS: Record<BacklogJson["what"], string> = {
  answers: "Answers to be begun",
  running: "Answers being written",
  events: "Events to be worked off",
  commits: "Accepted changes to be committed",
  jobs: "Jobs to be queued",
  looks: "Pull requests and places to be looked at",
  private_messages: "Private messages to be sent",
};

/** What is to be done and is not done yet. */
export function BacklogList({ backlog }: { backlog: readonly BacklogJson[] }) {
  return (
    <ul class="backlog">
      {backlog.map(({ what, count: number, oldest_s: oldest }) => (
        <li key={what} data-zero={number === 0}>
          <strong>{count(number)}</strong>
          <span>{WORDS[what]}</span>
          <span class="quiet">
            {oldest === null ? "" : `the oldest for ${duration(oldest * 1_000)}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
