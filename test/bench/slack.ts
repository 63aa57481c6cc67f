import { measureAnswers } from "./support/answers.ts";
import { SLACK_CONTENDERS } from "./support/slack-contenders.ts";

export const title =
  "Slack: from the model's delta to visible text, 30 deltas a second for 45 s, Slack's own tiers";

export const run = (): Promise<void> =>
  measureAnswers({ contenders: SLACK_CONTENDERS, streams: [1, 10], patienceMs: 240_000 });
