import { FakeUser } from "./fake-user.ts";
import { install, uninstall } from "./install.ts";
import type { Channel, ChannelKind, Install, Json, Person, TeamState } from "./model.ts";
import type { Stage } from "./stage.ts";
import type { OAuthGrant } from "./world.ts";

export interface NewChannel {
  /** Default public. */
  kind?: "public" | "private";
  members?: readonly FakeUser[];
  /** Whether the bot is in it; default true where the app is installed. */
  withBot?: boolean;
}

/** One workspace, as its people and administrators handle it. */
export class FakeTeam {
  readonly id: string;
  readonly state: TeamState;
  readonly #stage: Stage;

  constructor(stage: Stage, state: TeamState) {
    this.#stage = stage;
    this.state = state;
    this.id = state.id;
  }

  get installed(): Install {
    if (!this.state.install) throw new Error(`the app is not installed in ${this.state.name}`);
    return this.state.install;
  }

  get botToken(): string {
    return this.installed.botToken;
  }

  get botUserId(): string {
    return this.installed.botUserId;
  }

  /** What a person types to address the bot. */
  get mention(): string {
    return `<@${this.botUserId}>`;
  }

  install(scopes: readonly string[]): Install {
    return install(this.#stage.world, this.state, scopes);
  }

  /** By an administrator; the app is told by app_uninstalled and tokens_revoked. */
  uninstall(): void {
    uninstall(this.#stage.world, this.state, "removed");
  }

  /** What OAuth's redirect brings after `by` has agreed; oauth.v2.access then installs the app. */
  oauthCode(by: FakeUser, scopes: readonly string[], more: Partial<OAuthGrant> = {}): string {
    const code = this.#stage.world.secret("code");
    const grant = { team: this.state, by: by.person, scopes, redirectUri: null, isOrgWide: false };
    this.#stage.world.codes.set(code, { ...grant, ...more });
    return code;
  }

  addUser(name: string, person: Partial<Person> = {}): FakeUser {
    return this.#user(this.#stage.world.addPerson(this.state, { name, ...person }));
  }

  /** Of another app. */
  addBot(name: string): FakeUser {
    const { world } = this.#stage;
    const identity = { botId: world.nextId("B"), appId: world.nextId("A") };
    return this.#user(world.addPerson(this.state, { name, ...identity }));
  }

  addChannel(name: string, options: NewChannel = {}): Channel {
    const kind: ChannelKind = options.kind ?? "public";
    const members = (options.members ?? []).map(({ id }) => id);
    const channel = this.#stage.world.addChannel(this.state, name, kind, members);
    const { install: installed } = this.state;
    if (installed && options.withBot !== false) channel.members.add(installed.botUserId);
    return channel;
  }

  /** The direct messages of the bot with these. */
  directMessages(...people: readonly FakeUser[]): Channel {
    const ids = [this.botUserId, ...people.map(({ id }) => id)];
    return this.#stage.world.direct(this.state, ids).channel;
  }

  archive(channel: Channel): void {
    this.#tell(channel, { type: "channel_archive", channel: channel.id, user: channel.creator });
    channel.archived = true;
  }

  deleteChannel(channel: Channel): void {
    this.#tell(channel, { type: "channel_deleted", channel: channel.id });
    this.state.channels.delete(channel.id);
  }

  /** A person or the bot (its user id) comes in. */
  join(channel: Channel, userId: string): void {
    channel.members.add(userId);
    const type = channel.kind === "public" ? "C" : "G";
    this.#tell(channel, {
      type: "member_joined_channel",
      user: userId,
      channel: channel.id,
      channel_type: type,
      team: this.id,
    });
  }

  /** A person or the bot goes, or is removed; of its own going the app is told in its own words too. */
  leave(channel: Channel, userId: string): void {
    channel.members.delete(userId);
    const isPublic = channel.kind === "public";
    this.#tell(channel, {
      type: "member_left_channel",
      user: userId,
      channel: channel.id,
      channel_type: isPublic ? "C" : "G",
      team: this.id,
    });
    if (userId !== this.state.install?.botUserId) return;
    this.#tell(channel, { type: isPublic ? "channel_left" : "group_left", channel: channel.id });
  }

  /** By somebody who may. */
  deleteMessage(channel: Channel, ts: string): void {
    const message = this.#stage.world.messageIn(channel, ts);
    if (!message) throw new Error(`there is no message ${ts} in ${channel.name}`);
    this.#stage.world.remove(message);
  }

  #tell(channel: Channel, event: Json): void {
    this.#stage.world.tell({ kind: "plain", team: this.state, channel, event });
  }

  #user(person: Person): FakeUser {
    return new FakeUser(this.#stage, this.state, person);
  }
}
