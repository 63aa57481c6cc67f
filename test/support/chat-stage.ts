/** A chat app as a stage of conversations: what is the same on every platform. */
import type { Sql } from "../../src/store/database.ts";
import type { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { ChatApp } from "./chat-app.ts";
import type { Doing, Stage, Who } from "./conversation.ts";
import { withoutChance } from "./conversation.ts";
import { until } from "./test-app.ts";

interface StageApp<User> extends Pick<ChatApp, "app" | "provider" | "repository" | "settled"> {
  readonly ada: User;
  readonly bob: User;
}

/** What a person does in the chat itself. */
export type ChatDoing = Exclude<Doing, { who: "git" }>;

export abstract class ChatStage<
  World extends StageApp<User> & AsyncDisposable,
  User extends { readonly mention: string },
> implements Stage {
  protected readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  get sql(): Sql {
    return this.world.app.sql;
  }

  get provider(): ScriptedProvider {
    return this.world.provider;
  }

  async perform(doing: Doing): Promise<void> {
    if (doing.who === "git") {
      const { repository } = this.world;
      const before = await repository.show("rfc.md");
      await repository.outsideCommit("rfc.md", before.replaceAll(doing.replaces, doing.with));
      await this.noticed(await repository.tip());
    } else await this.act(this.world[doing.who], doing);
    await this.world.settled();
    await this.committed();
  }

  told(): Record<Who, string[]> {
    const of = (user: User): string[] => this.toldTo(user).map((text) => this.plain(text));
    return { ada: of(this.world.ada), bob: of(this.world.bob) };
  }

  abstract seen(): string[];
  abstract calls(): Record<string, number>;
  abstract pings(): readonly unknown[];

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.world[Symbol.asyncDispose]();
  }

  /** How a text mentions the bot. */
  protected abstract readonly mention: string;
  /** Resolves when Redline has stored it, or will before it is settled. */
  protected abstract act(user: User, doing: ChatDoing): Promise<void>;
  protected abstract toldTo(user: User): string[];

  /** A text as people type it here. */
  protected typed(words: string): string {
    return this.mentions().reduce((text, [name, mention]) => text.replaceAll(name, mention), words);
  }

  /** A text as the conversations name people. */
  protected plain(text: string): string {
    return withoutChance(
      this.mentions().reduce((plain, [name, mention]) => plain.replaceAll(mention, name), text),
    );
  }

  private mentions(): [name: string, mention: string][] {
    const { ada, bob } = this.world;
    return [
      ["@redline", this.mention],
      ["@ada", ada.mention],
      ["@bob", bob.mention],
    ];
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
