/**
 * What people do in chat, handled the same on every platform. An event may be handled again after a crash
 * half way: whatever was done is found by its key. What all in a place are to see becomes part of the thread;
 * what concerns one person goes to that person alone.
 */
import type { Command, ParsedCommand } from "../commands/command.ts";
import { COMMANDS, definitionOf, parseCommand } from "../commands/grammar.ts";
import type { Origin, User } from "../engine.ts";
import type { Ids } from "../log.ts";
import { about } from "../log.ts";
import { findChatMessage, putChatMessage } from "../store/chat-messages.ts";
import { PLACES_TOPIC } from "../ports.ts";
import { countCommand } from "../store/command-counts.ts";
import { endLinksIn, putReach } from "../store/thread-links.ts";
import { putVisit } from "../store/workspaces.ts";
import { buildHome } from "./build-home.ts";
import { press, submitCard } from "./cards.ts";
import type { ChatEvent, ChatMessage, ChatPlace, Reply } from "./chat-event.ts";
import { channelOf } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { CommandContext, Held } from "./command-context.ts";
import { describeClosed, describeQuiet } from "./descriptions.ts";
import { discuss, submitDiscussion } from "./discussing.ts";
import { followMessage } from "./editing.ts";
import { digest, keyed, keyOfMessage } from "./event-keys.ts";
import { describeUnknown, describeUsage, hintOf } from "./hints.ts";
import { findHeld, reachIn } from "./held-places.ts";
import { askWithin, takeDeletion, takeMessage } from "./messages.ts";
import { narrowChannel, narrowPlace } from "./narrowing.ts";
import { participationIn } from "./participation.ts";
import { scopeOf } from "./permissions.ts";
import { userOf } from "./people.ts";
import { openProposal, submitProposal } from "./proposing.ts";
import { sayToAll } from "./saying.ts";
import type { ChatServices } from "./services.ts";
import { stopTurns } from "./stopping.ts";
import type { CommandSuggestion, PartialCommand } from "./suggesting.ts";
import { suggest } from "./suggesting.ts";
import { asked, platformOf, tellOwed } from "./telling.ts";

import { asCode } from "./wording.ts";

const DEFINITIONS = Object.values(COMMANDS);

type Handled<K extends ChatEvent["kind"]> = Extract<ChatEvent, { kind: K }>;

export class ChatDesk {
  private readonly services: ChatServices;

  constructor(services: ChatServices) {
    this.services = services;
  }

  /** The same for what came with one event: its log has the ids, and what is asked goes on from there. */
  about(ids: Ids, origin: Origin): ChatDesk {
    const { services } = this;
    const { threads } = services.engine;
    const post: typeof threads.post = (threadId, message, by) =>
      threads.post(threadId, { ...message, origin }, by);
    return new ChatDesk({
      ...services,
      logger: about(services.logger, ids),
      engine: { ...services.engine, threads: { ...threads, post } },
    });
  }

  /**
   * Rejects when it could not be handled, and is to be handled again. `since`: from when on it may have been
   * handled before; null where this is the first time.
   */
  async handle(event: ChatEvent, since: Date | null = null): Promise<void> {
    switch (event.kind) {
      case "message":
        return this.message(event.message, since);
      case "edited":
        return this.edited(event.message);
      case "deleted":
        return takeDeletion(this.services, event);
      case "command":
        return this.command(event, since);
      case "pressed":
      case "discuss":
      case "propose":
        return this.shortcut(event, since);
      case "submitted":
        return this.submitted(event, since);
      case "stopped":
        return this.stopped(event);
      case "home":
        return this.home(event);
      case "place_gone":
        return this.endLinks(event.at, event.channel, event.place);
      case "channel_closed":
        return narrowChannel(this.services, event.at, event.channel);
      case "uninstalled":
        return this.endLinks(event, null);
    }
  }

  /** What is offered while somebody writes a command: at most 25, empty where that is nothing. Never rejects. */
  suggest(partial: PartialCommand): Promise<CommandSuggestion[]> {
    return suggest(this.services, partial);
  }

  private async message(message: ChatMessage, since: Date | null): Promise<void> {
    const { sql } = this.services;
    const key = keyOfMessage(message);
    const seen = await findChatMessage(sql, message);
    if (seen && (seen.takenAs !== null || seen.deletedAt !== null)) {
      await tellOwed(this.services, { by: message.by, reply: message.at, key });
      // A mention may come twice, and only one of the two may tell who may read along.
      const known =
        message.isPublic === undefined ? null : await findHeld(this.services, message.at);
      if (known) await this.learnReach(known, message);
      return;
    }
    const place = await findHeld(this.services, message.at);
    const held = place && (await this.learnReach(place, message));
    const isSilent = !message.addressed && (!held || message.text.trim() === "");
    if (isSilent || (!message.addressed && held?.thread.state === "closed")) return;
    const outside = message.startsThread && !held;
    const reply = outside ? channelReply(channelOf(message.at)) : message.at;
    await asked(this.services, { by: message.by, reply, key }, async ({ platform, user }) => {
      if (!message.addressed) return this.keep(held!, message, { platform, user });
      const command = parseCommand(message.text, "mention");
      // In a linked place an address is what the question is about.
      const asks = held && command?.kind === "link" && command.question !== null;
      if (command && !asks) {
        return this.run(command, {
          ...this.messageContext(platform, user, held, message, key, since),
          reply,
        });
      }
      if (held) return this.keep(held, message, { platform, user });
      return hintOf(this.services, message, platform.words);
    });
    // What was told, or refused, is not told again when the platform sends the message once more.
    if (!message.addressed) return;
    const isCommand = held || parseCommand(message.text, "mention") !== null;
    const hint = { takenAs: "hint", personId: message.by.id } as const;
    const command = { takenAs: "command", editTold: message.text.trim() !== "" } as const;
    await putChatMessage(sql, message, isCommand ? command : hint);
  }

  private async edited(message: ChatMessage): Promise<void> {
    const held = await findHeld(this.services, message.at);
    if (held) await this.learnReach(held, message);
    await followMessage(this.services, message, digest(`edited ${keyOfMessage(message)}`));
  }

  /**
   * Who may read along may not have been known when the place was linked. From then on it is only narrowed: what
   * was said among few is not opened to all by a message. Null where the place holds nothing any more.
   */
  private async learnReach(held: Held, { isPublic, isPrivate }: ChatMessage): Promise<Held | null> {
    const { link } = held;
    if (isPublic === undefined || isPrivate) return held;
    const isNews = !link.reachKnown || (link.reach === "workspace" && !isPublic);
    if (!isNews) return held;
    if (isPublic) await putReach(this.services.sql, link.id, reachIn(isPublic));
    else await narrowPlace(this.services, link, link.platform);
    return findHeld(this.services, link);
  }

  private messageContext(
    platform: ChatPlatform,
    user: User,
    held: Held | null,
    message: ChatMessage,
    key: string,
    since: Date | null,
  ): Omit<CommandContext, "reply"> {
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
      quote: message.quote,
      mentioned: message.mentioned ?? [],
      mentionedRoles: message.mentionedRoles ?? [],
      since,
      key,
      definitions: DEFINITIONS,
      ask: (made, text) => {
        const said = { text, quote: message.quote, wantsAnswer: true };
        return takeMessage(this.services, made, message, said, user);
      },
    };
  }

  /** A message of a linked place. */
  private async keep(
    held: Held,
    message: ChatMessage,
    { platform, user }: { platform: ChatPlatform; user: User },
  ): Promise<string | null> {
    if (message.text.trim() === "") {
      return `Say what you want to know about the document, or what should change in it; ${asCode(platform.words, "help")} lists what else I do.`;
    }
    if (held.thread.state === "closed") {
      return describeClosed(this.services.links.thread(held.thread.rfcSlug, held.thread.id));
    }
    const participation = participationIn(held.link.mode, message);
    const { text, quote } = message;
    const said = { text, quote, wantsAnswer: participation === "answer" };
    const told = await takeMessage(this.services, held, message, said, user);
    return participation === "hint" ? describeQuiet(platform.words) : told;
  }

  private command(event: Handled<"command">, since: Date | null): Promise<void> {
    const { at, channel, text, by, isPrivate = false } = event;
    const asker = keyed(event);
    return asked(this.services, asker, async ({ platform, user }) => {
      const command = parseCommand(text, "slash")!;
      const { key, reply } = asker;
      return this.run(command, {
        services: this.services,
        platform,
        by,
        user,
        at,
        channel,
        isPrivate,
        isPublic: event.isPublic,
        held: at && (await findHeld(this.services, at)),
        quote: null,
        mentioned: [],
        mentionedRoles: [],
        reply,
        key,
        since,
        definitions: DEFINITIONS,
        ask: (held, question) => {
          const wanted = { text: question, dedupKey: `command:${key}` };
          return askWithin(this.services, held, { by, user, platform, isPrivate }, wanted);
        },
      });
    });
  }

  /** A button of a card, or what the menu of a message offers. */
  private shortcut(
    event: Handled<"pressed" | "discuss" | "propose">,
    since: Date | null,
  ): Promise<void> {
    const { services } = this;
    const asker = keyed(event);
    return asked(services, asker, ({ platform, user }) =>
      this.counted(user, since, async () => {
        if (event.kind === "discuss") return discuss(services, platform, event, user, asker.key);
        if (event.kind === "propose") await openProposal(services, platform, event);
        else await press(services, platform, event, user, since);
        return null;
      }),
    );
  }

  /** Does what somebody wants, unless they want too much within a minute: they are told so once. */
  private async counted(
    user: User,
    since: Date | null,
    work: () => Promise<string | null>,
  ): Promise<string | null> {
    const given = since === null ? await countCommand(this.services.sql, user.id) : 0;
    if (given <= MOST_COMMANDS) return work();
    return given === MOST_COMMANDS + 1 ? TOO_MANY_COMMANDS : null;
  }

  private run(command: ParsedCommand, context: CommandContext): Promise<string | null> {
    return this.counted(context.user, context.since, () => this.answer(command, context));
  }

  /** Answers with what the person is told; what all are to see goes into the thread. */
  private async answer(command: ParsedCommand, context: CommandContext): Promise<string | null> {
    const { words } = context.platform;
    if (command.kind === "usage") return describeUsage(command.command, words);
    if (command.kind === "unknown") return describeUnknown(command, words);
    const answer = await runCommand(command, context);
    if (!answer || answer.audience === "person" || !context.held) return answer?.markdown ?? null;
    await sayToAll(context, context.held.thread.id, answer.markdown);
    return null;
  }

  private submitted(event: Handled<"submitted">, since: Date | null): Promise<void> {
    return asked(this.services, keyed(event), async ({ platform, user }) => {
      if (event.form === "discuss") {
        return submitDiscussion(this.services, platform, event, user);
      }
      if (event.form === "propose") return submitProposal(this.services, platform, event, user);
      return submitCard(this.services, platform, event, user, since);
    });
  }

  private async endLinks(
    at: Omit<ChatPlace, "place">,
    channel: string | null,
    place: string | null = null,
  ): Promise<void> {
    const { sql, relay } = this.services;
    const linkIds = await endLinksIn(sql, at, channel, place);
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

/** Of one person, within a minute; presses count as commands do. */
const MOST_COMMANDS = 30;
const TOO_MANY_COMMANDS =
  "That was a lot of commands and presses within a minute; give me a moment, and I do what you say again.";

function runCommand(command: Command, context: CommandContext) {
  return definitionOf(command.kind).run(command, context);
}

function channelReply(channel: string): Reply {
  return { channel, thread: null, trigger: null, responseUrl: null };
}
