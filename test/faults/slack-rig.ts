import type { FakeSlackOptions } from "../fakes/slack/fake-slack.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import type { Seen } from "../fakes/slack/show.ts";
import { placesBusy } from "../support/chat-places.ts";
import { expectNothingTyping } from "../support/slack-places.ts";
import { until } from "../support/test-app.ts";
import type { Moment } from "./call-point.ts";
import { CallPoint } from "./call-point.ts";
import { Rig } from "./rig.ts";

/** Slack's limits are spaced for minutes; tests live in a faster time. */
const PACE = 0.01;

interface SlackRigOptions {
  slack?: FakeSlackOptions;
  environment?: Record<string, string>;
}

/** Redline in processes of its own that are killed, frozen and stopped, in a workspace of a fake Slack. */
export class SlackRig implements AsyncDisposable {
  readonly rig: Rig;
  readonly slack: FakeSlack;
  readonly team: FakeTeam;
  /** Runs the workspace. */
  readonly ada: FakeUser;
  /** May accept. */
  readonly bob: FakeUser;
  readonly channel: Channel;

  private constructor(parts: Pick<SlackRig, "rig" | "slack" | "team" | "ada" | "bob" | "channel">) {
    this.rig = parts.rig;
    this.slack = parts.slack;
    this.team = parts.team;
    this.ada = parts.ada;
    this.bob = parts.bob;
    this.channel = parts.channel;
  }

  static async start({ slack: options, environment }: SlackRigOptions = {}): Promise<SlackRig> {
    const slack = await FakeSlack.start({
      rates: { window: 60_000 * PACE, postInterval: 1_000 * PACE },
      ...options,
    });
    const team = slack.addTeam("Acme");
    const ada = team.addUser("ada", { isAdmin: true });
    const bob = team.addUser("bob");
    const channel = team.addChannel("rfcs", { members: [ada, bob] });
    const rig = await Rig.start({
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: team.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
      TEST_SLACK_PACE: String(PACE),
      ...environment,
    });
    const world = new SlackRig({ rig, slack, team, ada, bob, channel });
    const threadTs = await world.link();
    ada.says(channel, `${team.mention} maintainers add <@${bob.id}>`, { threadTs });
    await until(async () => world.texts(threadTs).length === 1, "the maintainer");
    return world;
  }

  /** A thread that is linked to the RFC; its first message's ts. */
  async link(): Promise<string> {
    const { ts } = this.ada.says(this.channel, `${this.team.mention} link rfc new`);
    await until(async () => this.replies(ts).length === 1, "the greeting");
    return ts;
  }

  ask(threadTs: string, text = "is a minute enough?"): void {
    this.ada.says(this.channel, `${this.team.mention} ${text}`, { threadTs });
  }

  /** What Redline shows in a thread. */
  replies(threadTs: string): Seen[] {
    return this.slack.visible(this.channel, threadTs).filter(({ isBot }) => isBot);
  }

  /** What they say after the greeting, without lines about what was drafted. */
  texts(threadTs: string): string[] {
    return this.replies(threadTs)
      .slice(1)
      .map(({ text, tasks }) =>
        tasks.reduce((rest, { title }) => rest.replace(title, ""), text).trim(),
      );
  }

  async card(threadTs: string, words: string): Promise<Seen> {
    return until(
      async () => this.replies(threadTs).find(({ text }) => text.includes(words)),
      `a card that says “${words}”`,
    );
  }

  /** Stops at the next call of a method that is made from now on. */
  stopAt(method: string, moment: Moment): CallPoint {
    const { slack } = this;
    return new CallPoint(this.rig, moment, {
      made: () => slack.callsOf(method),
      hold: (until) =>
        slack.fail({ method, until, ...(moment === "before" && { cut: "before" as const }) }),
    });
  }

  /** Waits until nothing is under way, and looks that nothing seems to be. */
  async settled(threadTs: string): Promise<void> {
    await this.slack.settled();
    await this.rig.settled();
    await until(async () => !(await placesBusy(this.rig.sql)), "quiet places");
    expectNothingTyping(this.slack, this.channel, threadTs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
    await this.slack.dispose();
  }
}
