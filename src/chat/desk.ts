/**
 * What people do in chat, handled the same on every platform. An event may be handled again after a crash
 * half way: whatever was done is found by its key. What all in a place are to see becomes part of the thread;
 * what concerns one person goes to that person alone.
 */
import { createHash } from "node:crypto";
import type { Command, ParsedCommand } from "../commands/command.ts";
import { COMMANDS, definitionOf, parseCommand } from "../commands/grammar.ts";
import { transact } from "../conversation/transact.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import { findChatMessage, putChatMessage, wasHinted } from "../store/chat-messages.ts";
import { HostBusy } from "../ports.ts";
import { insertKeyedSystemMessage } from "../store/messages.ts";
import { endLinksIn } from "../store/thread-links.ts";
import { lockThreads } from "../store/threads.ts";
import { putVisit } from "../store/workspaces.ts";
import { buildHome } from "./build-home.ts";
import { press, submitCard } from "./cards.ts";
import type { ChatEvent, ChatMessage, ChatPerson, ChatPlace, Reply } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import { PlaceRefused } from "./chat-platform.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { discuss, submitDiscussion } from "./discussing.ts";
import { findHeld } from "./linking.ts";
import { channelOf, takeDeletion, takeEdit, takeMessage } from "./messages.ts";
import { participationIn } from "./participation.ts";
import { userOf } from "./people.ts";
import type { ChatServices } from "./services.ts";
import { stopTurns } from "./stopping.ts";
import { linkable } from "./targets.ts";

const DEFINITIONS = Object.values(COMMANDS);

type Handled<K extends ChatEvent["kind"]> = Extract<ChatEvent, { kind: K }>;

/** Who did something, and where an answer to them goes. */
interface Asker {
  platform: ChatPlatform;
  by: ChatPerson;
  reply: Reply | ChatPlace;
}

export class ChatDesk {
  private readonly services: ChatServices;

  constructor(services: ChatServices) {
    this.services = services;
  }

  /** Rejects when it could not be handled, and is to be handled again. */
  async handle(event: ChatEvent): Promise<void> {
    switch (event.kind) {
      case "message":
        return this.message(event.message);
      case "edited":
        return takeEdit(this.services, event.message);
      case "deleted":
        return takeDeletion(this.services, event);
      case "command":
        return this.command(event);
      case "pressed":
        return this.asked(event, async ({ platform, user }) => {
          await press(this.services, platform, event, user);
          return null;
        });
      case "submitted":
        return this.submitted(event);
      case "discuss":
        return this.asked(event, ({ platform, user }) =>
          discuss(this.services, platform, event, user, keyOf(event.reply, event)),
        );
      case "stopped":
        return this.stopped(event);
      case "home":
        return this.home(event);
      case "place_gone":
        return endLinksIn(this.services.sql, event.at, event.channel);
      case "uninstalled":
        return endLinksIn(this.services.sql, event, null);
    }
  }

  private async message(message: ChatMessage): Promise<void> {
    const { sql } = this.services;
    const seen = await findChatMessage(sql, message);
    if (seen && (seen.takenAs !== null || seen.deletedAt !== null)) return;
    const held = await findHeld(this.services, message.at);
    const isSilent = !message.addressed && (!held || message.text.trim() === "");
    if (isSilent || (!message.addressed && held?.thread.state === "closed")) return;
    const outside = message.startsThread && !held;
    const reply = outside ? channelReply(channelOf(message.at)) : message.at;
    await this.asked({ by: message.by, reply }, async ({ platform, user }) => {
      if (!message.addressed) return this.keep(held!, message, user);
      const command = parseCommand(message.text, "mention");
      // In a linked place an address is what the question is about.
      const asks = held && command?.kind === "link" && command.question !== null;
      if (command && !asks) {
        const context = this.messageContext(platform, user, held, message);
        return this.run(command, context);
      }
      if (held) return this.keep(held, message, user);
      return this.hint(message);
    });
    // What was told, or refused, is not told again when the platform sends the message once more.
    const takenAs = held ? "command" : "hint";
    const isCommand = message.addressed && parseCommand(message.text, "mention") !== null;
    if (message.addressed) {
      await putChatMessage(sql, message, { takenAs: isCommand ? "command" : takenAs });
    }
  }

  private messageContext(
    platform: ChatPlatform,
    user: User,
    held: Held | null,
    message: ChatMessage,
  ): CommandContext {
    return {
      services: this.services,
      platform,
      by: message.by,
      user,
      at: message.at,
      channel: null,
      isPrivate: message.isPrivate,
      held,
      mentioned: message.mentioned ?? [],
      key: digest(
        `${message.at.platform} ${message.at.workspaceId} ${message.at.place} ${message.id}`,
      ),
      definitions: DEFINITIONS,
      ask: async (made, text) => {
        const said = { text, quote: message.quote, wantsAnswer: true };
        await takeMessage(this.services, made, message, said, user);
      },
    };
  }

  /** A message of a linked place. */
  private async keep(held: Held, message: ChatMessage, user: User): Promise<string | null> {
    if (message.text.trim() === "") {
      return "Say what you want to know about the document, or what should change in it; `help` lists what else I do.";
    }
    if (held.thread.state === "closed") {
      const url = this.services.links.thread(held.thread.rfcSlug, held.thread.id);
      return `This discussion is closed; it can be reopened in the console: ${url}`;
    }
    const participation = participationIn(held.link.mode, message);
    const { text, quote } = message;
    const said = { text, quote, wantsAnswer: participation === "answer" };
    const told = await takeMessage(this.services, held, message, said, user);
    if (participation !== "hint") return told;
    return "I am quiet here: your message is kept, and I do not answer it. An admin of the workspace changes that with `mode mention`.";
  }

  /** How a place is linked: told once where others are, and in private each time. */
  private async hint(message: ChatMessage): Promise<string | null> {
    if (!message.isPrivate) {
      if (await wasHinted(this.services.sql, message.at)) return null;
      return "This place is not linked to an RFC yet. An admin of the workspace does that: mention me with `link <slug>` or with the address of a pull request.";
    }
    const known = await linkable(this.services, message.by, MOST_OFFERED);
    const [only] = known;
    if (!only) return "Which RFC is this about? Send me the address of its pull request first.";
    if (known.length === 1) {
      return `Is this about “${only.title}”? Then write \`link ${only.slug}\`, and ask once more.`;
    }
    const slugs = known.map(({ slug }) => `\`link ${slug}\``).join(", ");
    return `Which RFC is this about? Write one of these, and ask once more: ${slugs}`;
  }

  private command(event: Handled<"command">): Promise<void> {
    const { at, channel, text, by, reply } = event;
    return this.asked(event, async ({ platform, user }) => {
      const command = parseCommand(text, "slash")!;
      const key = keyOf(reply, event);
      return this.run(command, {
        services: this.services,
        platform,
        by,
        user,
        at,
        channel,
        isPrivate: event.isPrivate ?? false,
        held: at && (await findHeld(this.services, at)),
        mentioned: [],
        key,
        definitions: DEFINITIONS,
        ask: async ({ thread }, question) => {
          const message = { text: question, dedupKey: `command:${key}` };
          await this.services.engine.threads.post(thread.id, message, user);
        },
      });
    });
  }

  /** Answers with what the person is told; what all are to see goes into the thread. */
  private async run(command: ParsedCommand, context: CommandContext): Promise<string | null> {
    if (command.kind === "usage") return describeUsage(command.command);
    if (command.kind === "unknown") return describeUnknown(command);
    const answer = await runCommand(command, context);
    if (!answer || answer.audience === "person" || !context.held) return answer?.markdown ?? null;
    await this.sayToAll(context.held, answer.markdown, `command:${context.key}`);
    return null;
  }

  private async sayToAll({ thread }: Held, text: string, key: string): Promise<void> {
    const { sql, relay } = this.services;
    await transact(sql, relay, async (tx, emit) => {
      await lockThreads(tx, [thread.id]);
      const messageId = await insertKeyedSystemMessage(tx, thread.id, text, key);
      if (messageId === null) return;
      await emit(thread.id, { kind: "message", messageId, role: "system" });
    });
  }

  private submitted(event: Handled<"submitted">): Promise<void> {
    return this.asked(event, async ({ platform, user }) => {
      if (event.form === "discuss") {
        return submitDiscussion(this.services, platform, event, user);
      }
      await submitCard(this.services, event, user);
      return null;
    });
  }

  private async stopped({ at }: Handled<"stopped">): Promise<void> {
    const held = await findHeld(this.services, at);
    if (held) await stopTurns(this.services, held.thread.id);
  }

  private async home({ by }: Handled<"home">): Promise<void> {
    const platform = this.platformOf(by);
    if (!platform) return;
    const { sql, openPlatforms } = this.services;
    const user = await userOf(this.services, platform, by);
    const { platform: on, workspaceId } = by;
    const reach = { platform: on, workspaceId, userId: user.id, isOpen: openPlatforms.has(on) };
    const now = new Date();
    await platform.publishHome(by, await buildHome(this.services, reach, now));
    await putVisit(sql, reach, now);
  }

  /** Does what somebody asked for, and tells them what there is to tell: also why it could not be done. */
  private async asked(
    { by, reply }: { by: ChatPerson; reply: Reply | ChatPlace },
    work: (given: { platform: ChatPlatform; user: User }) => Promise<string | null>,
  ): Promise<void> {
    const platform = this.platformOf(by);
    if (!platform) return;
    let told: string | null;
    try {
      const user = await userOf(this.services, platform, by);
      told = await work({ platform, user });
    } catch (error) {
      const isPlain = error instanceof UserError || error instanceof PlaceRefused;
      if (!isPlain || error instanceof HostBusy) throw error;
      told = error.message;
    }
    if (told !== null) await this.tell({ platform, by, reply }, told);
  }

  private async tell({ platform, by, reply }: Asker, markdown: string): Promise<void> {
    try {
      await platform.tell(by, reply, markdown);
    } catch (error) {
      // Nothing that is tried again would reach them.
      if (!(error instanceof PlaceRefused)) throw error;
      this.services.logger.warn({ err: error, person: by.id }, "a person could not be told");
    }
  }

  private platformOf({ platform }: ChatPerson): ChatPlatform | null {
    const known = this.services.platforms.get(platform);
    if (!known) this.services.logger.warn({ platform }, "an event of a platform that is off");
    return known ?? null;
  }
}

const MOST_OFFERED = 10;

function runCommand(command: Command, context: CommandContext) {
  return definitionOf(command.kind).run(command, context);
}

function describeUsage(name: Command["kind"]): string {
  const { usage, summary } = definitionOf(name);
  return `Write \`${usage}\`: it ${summary}.`;
}

function describeUnknown({ word, nearest }: Extract<ParsedCommand, { kind: "unknown" }>): string {
  const said = word.slice(0, 40).toWellFormed().replaceAll("`", "");
  const hint =
    nearest === null
      ? "`help` lists what there is"
      : `did you mean \`${definitionOf(nearest).usage}\`?`;
  return `There is no command “${said}”; ${hint}${nearest === null ? "." : ""}`;
}

function channelReply(channel: string): Reply {
  return { channel, thread: null, trigger: null, responseUrl: null };
}

/** The same for the same event, however often it comes. */
function keyOf({ trigger, responseUrl }: Reply, event: ChatEvent): string {
  return digest(trigger ?? responseUrl ?? JSON.stringify(event));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
