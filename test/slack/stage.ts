/** Slack as a stage of conversations: one thread of a channel. */
import type { Sql } from "../../src/store/database.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { Doing, Stage, Who } from "../support/conversation.ts";
import { withoutChance } from "../support/conversation.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";
import { cardsIn, shownText } from "./scene.ts";

/** An answer that is done early is posted, else streamed: they count as one. */
const WRITES: Record<string, readonly string[]> = {
  messages: ["chat.postMessage", "chat.startStream"],
  ephemerals: ["chat.postEphemeral"],
  deletions: ["chat.delete"],
  forms: ["views.open"],
};

export class SlackStage implements Stage {
  private readonly world: SlackApp;
  private thread: string | null = null;
  private readonly said = new Map<string, string>();

  private constructor(world: SlackApp) {
    this.world = world;
  }

  static async start(document?: string): Promise<SlackStage> {
    return new SlackStage(await SlackApp.start(document === undefined ? {} : { document }));
  }

  get sql(): Sql {
    return this.world.app.sql;
  }

  get provider(): ScriptedProvider {
    return this.world.provider;
  }

  async perform(doing: Doing): Promise<void> {
    const { repository, channel } = this.world;
    if (doing.who === "git") {
      const before = await repository.show("rfc.md");
      await repository.outsideCommit("rfc.md", before.replaceAll(doing.replaces, doing.with));
      await this.noticed(await repository.tip());
    } else {
      const user = this.world[doing.who];
      if ("says" in doing) this.say(user, doing.says);
      else if ("edits" in doing) {
        user.edits(channel, this.said.get(doing.edits)!, this.inSlack(doing.to));
      } else if ("deletes" in doing) user.deletes(channel, this.said.get(doing.deletes)!);
      else if ("presses" in doing) await this.press(user, doing);
      else {
        const form = await until(async () => user.modal, "a form");
        await user.submits(form, doing.sends);
      }
    }
    await this.world.settled();
    await this.committed();
  }

  seen(): string[] {
    return this.world.visible(this.thread ?? undefined).map(({ author, text, tasks }) => {
      // Whether there was time for a line about what is being drafted is chance.
      const lines = text.split("\n").filter((line) => !tasks.some(({ title }) => title === line));
      return `${author}: ${this.plain(lines.join("\n"))}`;
    });
  }

  told(): Record<Who, string[]> {
    const { slack, channel, ada, bob } = this.world;
    const of = ({ id }: FakeUser): string[] =>
      slack.ephemerals(channel, id).map((message) => this.plain(shownText(message)));
    return { ada: of(ada), bob: of(bob) };
  }

  calls(): Record<string, number> {
    const count = (methods: readonly string[]): number =>
      methods.flatMap((method) => this.world.slack.callsOf(method)).length;
    return Object.fromEntries(Object.entries(WRITES).map(([name, all]) => [name, count(all)]));
  }

  pings(): readonly unknown[] {
    return this.world.slack.pings;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.world[Symbol.asyncDispose]();
  }

  private say(user: FakeUser, words: string): void {
    const inThread = this.thread === null ? {} : { threadTs: this.thread };
    const { ts } = user.says(this.world.channel, this.inSlack(words), inThread);
    this.thread ??= ts;
    this.said.set(words, ts);
  }

  private async press(
    user: FakeUser,
    { presses, change }: Extract<Doing, { presses: string }>,
  ): Promise<void> {
    const cards = cardsIn(this.world, this.thread!);
    const card = cards.find(({ fallback }) => fallback.startsWith(`Change #${change} `));
    if (!card) throw new Error(`there is no card of change #${change}`);
    await user.clicks(this.world.channel, card.ts, `redline:${presses}`);
  }

  private inSlack(words: string): string {
    const { team, ada, bob } = this.world;
    return words
      .replaceAll(/[&<>]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[mark]!)
      .replaceAll("@redline", team.mention)
      .replaceAll("@ada", ada.mention)
      .replaceAll("@bob", bob.mention);
  }

  private plain(text: string): string {
    const { team, ada, bob } = this.world;
    return withoutChance(
      text
        .replaceAll(team.mention, "@redline")
        .replaceAll(ada.mention, "@ada")
        .replaceAll(bob.mention, "@bob"),
    );
  }

  /** Redline has seen the new tip, and the place says so. */
  private async noticed(sha: string): Promise<void> {
    await until(async () => {
      const rows = await this.sql`select 1 from branches where head_sha = ${sha}`;
      return rows.length > 0;
    }, "a look at the branch");
  }

  private async committed(): Promise<void> {
    await until(async () => {
      const rows = await this.sql`select 1 from changes where state = 'accepting'`;
      return rows.length === 0;
    }, "the commit");
    await this.world.settled();
  }
}
