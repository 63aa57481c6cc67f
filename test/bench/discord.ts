import { measureAnswers } from "./support/answers.ts";
import { DISCORD_CONTENDERS } from "./support/discord-contenders.ts";

export const title =
  "Discord: from the model's delta to visible text, 30 deltas a second for 45 s, Discord's own limits";

export const run = (): Promise<void> =>
  measureAnswers({
    contenders: DISCORD_CONTENDERS,
    streams: [1, 10],
    patienceMs: 30_000,
    more: ["most edits in 5 s"],
  });
