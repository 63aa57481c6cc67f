import { controlsOf } from "../fakes/discord/components.ts";
import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel, Message } from "../fakes/discord/model.ts";
import type { Seen } from "../fakes/discord/show.ts";
import { isPlaceholder } from "../support/chat-places.ts";
import { until } from "../support/test-app.ts";
import type { Doing, Said } from "./crowd.ts";
import { Crowd } from "./crowd.ts";
import { ADMINS, allOf, CHANNEL_THREADS, COMMANDS, PEOPLE, Recent } from "./crowd-parts.ts";

/** Discord keeps an interaction for a quarter of an hour. */
const INTERACTION_MS = 900_000;

export class DiscordCrowd extends Crowd {
  readonly name = "Discord";
  readonly size: number;
  readonly #fake: FakeDiscord;
  readonly #admins: FakeUser[];
  readonly #people: FakeUser[];
  readonly #decider: FakeUser;
  readonly #channels: Channel[];
  readonly #elsewhere: Channel;
  readonly #threads: Channel[] = [];
  readonly #recent = new Recent<{ by: FakeUser; message: Message }>();

  constructor(fake: FakeDiscord, size: number, turnsAtOnce: number) {
    super(turnsAtOnce);
    this.#fake = fake;
    this.size = size;
    const guild = fake.addGuild("Acme");
    this.#admins = allOf(ADMINS, (n) => guild.addMember(`admin-${n}`, ["MANAGE_GUILD"]));
    this.#people = allOf(PEOPLE, (n) => guild.addMember(`person-${n}`));
    this.#decider = guild.addMember("decider");
    this.#channels = allOf(Math.ceil(size / CHANNEL_THREADS), (n) => guild.addChannel(`rfcs-${n}`));
    this.#elsewhere = guild.addChannel("random");
  }

  async link(): Promise<void> {
    for (let at = 0; at < this.size; at += ADMINS) {
      const some = this.#admins.slice(0, this.size - at).map(async (admin, n) => {
        const channel = this.#channels[(at + n) % this.#channels.length]!;
        const said = admin.says(channel, `${this.#fake.mention} link rfc new`);
        const thread = await until(
          async () => this.#fake.world.threadOf(said),
          `thread ${at + n} in Discord`,
        );
        this.#threads[at + n] = thread;
        await until(
          async () => this.#seen(at + n).length > 0,
          `the greeting of ${at + n} in Discord`,
        );
      });
      await Promise.all(some);
    }
    const words = `${this.#fake.mention} maintainers add ${this.#decider.mention}`;
    this.#admins[0]!.says(this.#threads[0]!, words);
    await until(
      async () => this.#seen(0).some(({ text }) => text.includes(" a maintainer: they")),
      "the maintainer in Discord",
    );
  }

  violations(): readonly string[] {
    return this.#fake.violations();
  }

  forget(): void {
    const { world, gateway } = this.#fake;
    this.#fake.requestsOf().splice(0);
    gateway.dispatched.splice(0);
    world.pings.splice(0);
    const old = world.clock.now() - INTERACTION_MS;
    for (const [token, { at }] of world.interactions) {
      if (at < old) world.interactions.delete(token);
    }
  }

  shown(thread: number): Said[] {
    return this.#seen(thread).map(({ text, components, isThinking }) => ({
      text,
      buttons: controlsOf(components).map(({ label }) => label),
      isUnfinished: isThinking || isPlaceholder(text),
    }));
  }

  protected askIn(thread: number, mark: string, person: number): void {
    const words = `${this.#fake.mention} question ${mark}`;
    this.#people[person]!.says(this.#threads[thread]!, words);
  }

  protected perform(doing: Doing, count: number): void {
    const by = this.#people[count % PEOPLE]!;
    const thread = this.#threads[(count * 13) % this.size]!;
    if (doing === "elsewhere") by.says(this.#elsewhere, `lunch number ${count}`);
    else if (doing === "command") {
      void by.runs(thread, `/rfc ${COMMANDS[count % COMMANDS.length]!}`).catch(() => {});
    } else if (doing === "edit") {
      const said = this.#recent.look(count);
      said?.by.edits(said.message, `a better remark ${count}`);
    } else if (doing === "remove") {
      const said = this.#recent.take();
      said?.by.deletes(said.message);
    } else if (doing === "react") {
      const said = this.#recent.look(count);
      if (said) by.reacts(said.message, "👀");
    } else this.#recent.add({ by, message: by.says(thread, `a remark ${count}`) });
  }

  protected async press(thread: number, button: "Accept" | "Decline"): Promise<void> {
    const by = this.#decider;
    for (const { id, components } of this.#seen(thread)) {
      const control = controlsOf(components).find(({ label }) => label === button);
      if (!control) continue;
      await by.presses(this.#fake.message(this.#threads[thread]!, id), control.customId);
      if (button === "Accept") return;
      const form = await until(async () => by.modal, "the form in Discord");
      await by.submits(form, { reason: "It is fine as it is." });
      return;
    }
  }

  #seen(thread: number): Seen[] {
    return this.#fake.visible(this.#threads[thread]!).filter(({ isBot }) => isBot);
  }
}
