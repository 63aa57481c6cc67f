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
import { findChatMessage, putChatMessage, wasHinted } from "../store/chat-messages.ts";
import { PLACES_TOPIC } from "../ports.ts";
import { countCommand } from "../store/command-counts.ts";
import { insertKeyedSystemMessage } from "../store/messages.ts";
import { endLinksIn, setReach } from "../store/thread-links.ts";
import { lockThreads } from "../store/threads.ts";
import { putVisit } from "../store/workspaces.ts";
import { buildHome } from "./build-home.ts";
import { press, submitCard } from "./cards.ts";
import type { ChatEvent, ChatMessage, ChatPlace, Reply } from "./chat-event.ts";
import { channelOf } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { discuss, submitDiscussion } from "./discussing.ts";
import { findHeld, reachIn } from "./linking.ts";
import { askWithin, takeDeletion, takeEdit, takeMessage } from "./messages.ts";
import { participationIn } from "./participation.ts";
import { scopeOf } from "./permissions.ts";
import { userOf } from "./people.ts";
import type { ChatServices } from "./services.ts";
import { stopTurns } from "./stopping.ts";
import type { Asker } from "./telling.ts";
import { asked, platformOf, tellOwed } from "./telling.ts";
import { linkable } from "./targets.ts";

const DEFINITIONS = Object.values(COMMANDS);

type Handled<K extends ChatEvent["kind"]> = Extract<ChatEvent, { kind: K }>;

export class ChatDesk {
  private readonly services: ChatServices;

  constructor(services: ChatServices) {
    this.services = services;
  }

  /**
   * Rejects when it could not be handled, and is to be handled again. `since`: from when on it may have been
   * handled before; null where this is the first time.
   */
  async handle(event: ChatEvent, since: Date | null = null): Promise<void> {
    switch (event.kind) {
      case "message":
        return this.message(event.message);
      case "edited":
        return takeEdit(this.services, event.message);
      case "deleted":
        return takeDeletion(this.services, event);
      case "command":
        return this.command(event, since);
      case "pressed":
        return asked(this.services, keyed(event), async ({ platform, user }) => {
          await press(this.services, platform, event, user);
          return null;
        });
      case "submitted":
        return this.submitted(event);
      case "discuss":
        return asked(this.services, keyed(event), ({ platform, user }) =>
          discuss(this.services, platform, event, user, keyOf(event.reply, event)),
        );
      case "stopped":
        return this.stopped(event);
      case "home":
        return this.home(event);
      case "place_gone":
        return this.endLinks(event.at, event.channel);
      case "uninstalled":
        return this.endLinks(event, null);
    }
  }

  private async message(message: ChatMessage): Promise<void> {
    const { sql } = this.services;
    const key = keyOfMessage(message);
    const seen = await findChatMessage(sql, message);
    if (seen && (seen.takenAs !== null || seen.deletedAt !== null)) {
      await tellOwed(this.services, { by: message.by, reply: message.at, key });
      return;
    }
    const held = await findHeld(this.services, message.at);
    const isSilent = !message.addressed && (!held || message.text.trim() === "");
    if (isSilent || (!message.addressed && held?.thread.state === "closed")) return;
    if (held) await this.learnReach(held, message);
    const outside = message.startsThread && !held;
    const reply = outside ? channelReply(channelOf(message.at)) : message.at;
    await asked(this.services, { by: message.by, reply, key }, async ({ platform, user }) => {
      if (!message.addressed) return this.keep(held!, message, user);
      const command = parseCommand(message.text, "mention");
      // In a linked place an address is what the question is about.
      const asks = held && command?.kind === "link" && command.question !== null;
      if (command && !asks) {
        return this.run(command, this.messageContext(platform, user, held, message, key));
      }
      if (held) return this.keep(held, message, user);
      return this.hint(message);
    });
    // What was told, or refused, is not told again when the platform sends the message once more.
    if (!message.addressed) return;
    const isCommand = held || parseCommand(message.text, "mention") !== null;
    const hint = { takenAs: "hint", personId: message.by.id } as const;
    await putChatMessage(sql, message, isCommand ? { takenAs: "command" } : hint);
  }

  /** Who may read along can change, and may not have been known when the place was linked. */
  private async learnReach({ link }: Held, { isPublic, isPrivate }: ChatMessage): Promise<void> {
    if (isPublic === undefined || isPrivate || reachIn(isPublic) === link.reach) return;
    await setReach(this.services.sql, link.id, reachIn(isPublic));
  }

  private messageContext(
    platform: ChatPlatform,
    user: User,
    held: Held | null,
    message: ChatMessage,
    key: string,
  ): CommandContext {
    return {
      services: this.services,
      platform,
      by: message.by,
      user,
      at: message.at,
      channel: null,
      isPrivate: message.isPrivate,
      isPublic: message.isPublic,
      held,
      mentioned: message.mentioned ?? [],
      // A message is the beginning of its thread: none is begun for it.
      since: null,
      key,
      definitions: DEFINITIONS,
      ask: (made, text) => {
        const said = { text, quote: message.quote, wantsAnswer: true };
        return takeMessage(this.services, made, message, said, user);
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

  /** How a place is linked: told each person once where others are, and in private each time. */
  private async hint(message: ChatMessage): Promise<string | null> {
    const { by } = message;
    if (!message.isPrivate || by.isOutsider) {
      if (await wasHinted(this.services.sql, message.at, by.id)) return null;
      return "This place is not linked to an RFC yet. An admin of the workspace does that: mention me with `link <slug>` or with the address of a pull request.";
    }
    const known = await linkable(this.services, by, MOST_OFFERED);
    const [only] = known;
    if (!only) {
      return "No RFC is known here yet; an admin of the workspace makes one known by sending me the address of its pull request.";
    }
    if (known.length === 1) {
      return `Is this about “${only.title}”? Then write \`link ${only.slug}\`, and ask once more.`;
    }
    const slugs = known.map(({ slug }) => `\`link ${slug}\``).join(", ");
    return `Which RFC is this about? Write one of these, and ask once more: ${slugs}`;
  }

  private command(event: Handled<"command">, since: Date | null): Promise<void> {
    const { at, channel, text, by } = event;
    const asker = keyed(event);
    return asked(this.services, asker, async ({ platform, user }) => {
      const command = parseCommand(text, "slash")!;
      const { key } = asker;
      return this.run(command, {
        services: this.services,
        platform,
        by,
        user,
        at,
        channel,
        isPrivate: event.isPrivate ?? false,
        isPublic: event.isPublic,
        held: at && (await findHeld(this.services, at)),
        mentioned: [],
        key,
        since,
        definitions: DEFINITIONS,
        ask: (held, question) =>
          askWithin(this.services, held, by, user, { text: question, dedupKey: `command:${key}` }),
      });
    });
  }

  /** Answers with what the person is told; what all are to see goes into the thread. */
  private async run(command: ParsedCommand, context: CommandContext): Promise<string | null> {
    const given = await countCommand(this.services.sql, context.user.id);
    if (given > MOST_COMMANDS) return given === MOST_COMMANDS + 1 ? TOO_MANY_COMMANDS : null;
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
    return asked(this.services, keyed(event), async ({ platform, user }) => {
      if (event.form === "discuss") {
        return submitDiscussion(this.services, platform, event, user);
      }
      await submitCard(this.services, event, user);
      return null;
    });
  }

  private async endLinks(at: Omit<ChatPlace, "place">, channel: string | null): Promise<void> {
    const { sql, relay } = this.services;
    const linkIds = await endLinksIn(sql, at, channel);
    if (linkIds.length > 0) relay.publish(PLACES_TOPIC, { type: "places", linkIds });
  }

  private async stopped({ at }: Handled<"stopped">): Promise<void> {
    const held = await findHeld(this.services, at);
    if (held) await stopTurns(this.services, held.thread.id);
  }

  private async home({ by }: Handled<"home">): Promise<void> {
    const platform = platformOf(this.services, by);
    // Nothing of the workspace is for people of another one.
    if (!platform || by.isOutsider) return;
    const { sql } = this.services;
    const user = await userOf(this.services, platform, by);
    const scope = scopeOf(this.services, by);
    const reach = { ...scope, userId: user.id, channel: null, onlyThread: null };
    const now = new Date();
    await platform.publishHome(by, await buildHome(this.services, reach, now));
    await putVisit(sql, reach, now);
  }
}

const MOST_OFFERED = 10;
/** Of one person, within a minute. */
const MOST_COMMANDS = 30;
const TOO_MANY_COMMANDS =
  "That was a lot of commands within a minute; give me a moment, and I do what you say again.";

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

function keyed(event: Extract<ChatEvent, { reply: Reply }>): Asker {
  return { by: event.by, reply: event.reply, key: keyOf(event.reply, event) };
}

function keyOfMessage({ at, id }: ChatMessage): string {
  return digest(`${at.platform} ${at.workspaceId} ${at.place} ${id}`);
}

/** The same for the same event, however often it comes. */
function keyOf({ trigger, responseUrl }: Reply, event: ChatEvent): string {
  return digest(trigger ?? responseUrl ?? JSON.stringify(event));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
