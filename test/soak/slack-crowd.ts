import { controlsOf } from "../fakes/slack/blocks.ts";
import type { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import type { Seen } from "../fakes/slack/show.ts";
import { isPlaceholder } from "../support/chat-places.ts";
import { until } from "../support/test-app.ts";
import type { Doing, Said } from "./crowd.ts";
import { Crowd } from "./crowd.ts";
import { ADMINS, allOf, CHANNEL_THREADS, COMMANDS, PEOPLE, Recent } from "./crowd-parts.ts";

interface Place {
  channel: Channel;
  ts: string;
}

export class SlackCrowd extends Crowd {
  readonly name = "Slack";
  readonly size: number;
  readonly team: FakeTeam;
  readonly #fake: FakeSlack;
  readonly #admins: FakeUser[];
  readonly #people: FakeUser[];
  readonly #decider: FakeUser;
  readonly #channels: Channel[];
  readonly #elsewhere: Channel;
  readonly #places: Place[] = [];
  readonly #recent = new Recent<{ by: FakeUser; place: Place; ts: string }>();

  constructor(fake: FakeSlack, size: number, turnsAtOnce: number) {
    super(turnsAtOnce);
    this.#fake = fake;
    this.size = size;
    this.team = fake.addTeam("Acme");
    this.#admins = allOf(ADMINS, (n) => this.team.addUser(`admin-${n}`, { isAdmin: true }));
    this.#people = allOf(PEOPLE, (n) => this.team.addUser(`person-${n}`));
    this.#decider = this.team.addUser("decider");
    const members = [...this.#admins, ...this.#people, this.#decider];
    this.#channels = allOf(Math.ceil(size / CHANNEL_THREADS), (n) =>
      this.team.addChannel(`rfcs-${n}`, { members }),
    );
    this.#elsewhere = this.team.addChannel("random", { members });
  }

  async link(): Promise<void> {
    for (let at = 0; at < this.size; at += ADMINS) {
      const some = this.#admins.slice(0, this.size - at).map(async (admin, n) => {
        const channel = this.#channels[(at + n) % this.#channels.length]!;
        const { ts } = admin.says(channel, `${this.team.mention} link rfc new`);
        this.#places[at + n] = { channel, ts };
        await until(
          async () => this.#seen(at + n).length > 0,
          `the greeting of ${at + n} in Slack`,
        );
      });
      await Promise.all(some);
    }
    const { channel, ts } = this.#places[0]!;
    const words = `${this.team.mention} maintainers add ${this.#decider.mention}`;
    this.#admins[0]!.says(channel, words, { threadTs: ts });
    await until(
      async () => this.#seen(0).some(({ text }) => text.includes(" a maintainer: they")),
      "the maintainer in Slack",
    );
  }

  violations(): readonly string[] {
    return this.#fake.violations();
  }

  forget(): void {
    const { world, deliveries } = this.#fake;
    this.#fake.callsOf().splice(0);
    deliveries.all.splice(0);
    world.pings.splice(0);
    const old = world.clock.now() - world.sizes.triggerLifetime;
    for (const [id, { at }] of world.triggers) if (at < old) world.triggers.delete(id);
    for (const [id, { isOpen }] of world.views) if (!isOpen) world.views.delete(id);
    for (const { ephemerals } of [...this.#channels, this.#elsewhere]) ephemerals.splice(0);
  }

  shown(thread: number): Said[] {
    return this.#seen(thread).map(({ text, state, tasks, blocks }) => ({
      text,
      buttons: controlsOf(blocks).map(({ label }) => label),
      isUnfinished:
        state === "live" ||
        tasks.some(({ status }) => status !== "complete") ||
        isPlaceholder(text),
    }));
  }

  protected askIn(thread: number, mark: string, person: number): void {
    const { channel, ts } = this.#places[thread]!;
    const words = `${this.team.mention} question ${mark}`;
    this.#people[person]!.says(channel, words, { threadTs: ts });
  }

  protected perform(doing: Doing, count: number): void {
    const by = this.#people[count % PEOPLE]!;
    const place = this.#places[(count * 13) % this.size]!;
    const { channel, ts: threadTs } = place;
    if (doing === "elsewhere") by.says(this.#elsewhere, `lunch number ${count}`);
    else if (doing === "command") {
      const command = COMMANDS[count % COMMANDS.length]!;
      by.says(channel, `${this.team.mention} ${command}`, { threadTs });
    } else if (doing === "edit") {
      const said = this.#recent.look(count);
      said?.by.edits(said.place.channel, said.ts, `a better remark ${count}`);
    } else if (doing === "remove") {
      const said = this.#recent.take();
      said?.by.deletes(said.place.channel, said.ts);
    } else if (doing === "react") {
      by.reacts(channel, threadTs, "eyes");
    } else {
      const { ts } = by.says(channel, `a remark ${count}`, { threadTs });
      this.#recent.add({ by, place, ts });
    }
  }

  protected async press(thread: number, button: "Accept" | "Decline"): Promise<void> {
    const { channel } = this.#places[thread]!;
    const by = this.#decider;
    for (const { ts, blocks } of this.#seen(thread)) {
      const control = controlsOf(blocks).find(({ label }) => label === button);
      if (!control) continue;
      const { value } = control.element;
      await by.clicks(channel, ts, control.actionId, typeof value === "string" ? { value } : {});
      if (button === "Accept") return;
      const form = await until(async () => by.modal, "the form in Slack");
      await by.submits(form, { reason: "It is fine as it is." });
      return;
    }
  }

  #seen(thread: number): Seen[] {
    const { channel, ts } = this.#places[thread]!;
    return this.#fake.visible(channel, ts).filter(({ isBot }) => isBot);
  }
}
