import type { NotificationSettings } from "../notifications/notification.ts";
import { parseTimeZone } from "../notifications/time-zones.ts";
import { asCode } from "../chat/wording.ts";
import type { PlatformWords } from "../chat/chat-platform.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";

const RHYTHMS = ["hourly", "daily", "off"] as const;

export const notify: CommandDefinition<Extract<Command, { kind: "notify" }>> = {
  name: "notify",
  usage: "notify [hourly|daily|off|direct on|direct off] [time zone]",
  summary: "says when I write to you in private, and about what",
  parse({ words }) {
    const [first = "", second] = words.map((word) => word.toLowerCase());
    const rhythm = RHYTHMS.find((known) => known === first);
    const isDirect = first === "direct" && (second === "on" || second === "off");
    const set: Partial<NotificationSettings> = {
      ...(rhythm && { digest: rhythm }),
      ...(isDirect && { direct: second === "on" }),
    };
    const rest = words.slice(rhythm ? 1 : isDirect ? 2 : 0);
    if (rest.length === 0) return { kind: "notify", set };
    if (rest.length > 1) return null;
    const timeZone = parseTimeZone(rest[0]!);
    if (timeZone !== null) return { kind: "notify", set: { ...set, timeZone } };
    return rest.length < words.length || first === "direct" || first.includes("/") ? "usage" : null;
  },
  async run({ set }, { services, user, by, platform }) {
    const { notifications } = services.engine;
    const isChange = Object.keys(set).length > 0;
    const settings = isChange
      ? await notifications.choose(user.id, set)
      : await notifications.settings(user.id);
    const zone = settings.timeZone ?? (await platform.timeZoneOf(by));
    return forPerson(describeSettings(settings, zone, platform.words));
  },
};

const DIGESTS = {
  hourly: () => "once an hour, where there is something new",
  daily: (zone: string | null) => `at nine in the morning (${zone ?? "UTC"})`,
  off: () => "never; the console has it",
};

function describeSettings(
  { digest, direct }: NotificationSettings,
  zone: string | null,
  words: PlatformWords,
): string {
  const at = direct ? "at once, in private" : "in the console alone";
  const other = asCode(words, direct ? "notify direct off" : "notify direct on");
  const rhythms = RHYTHMS.filter((rhythm) => rhythm !== digest);
  const others = rhythms.map((rhythm) => asCode(words, `notify ${rhythm}`)).join(" and ");
  return [
    `- What concerns you comes ${at}; ${other} changes that.`,
    `- A summary of what you watch comes ${DIGESTS[digest](zone)}; ${others} change that, ${asCode(words, "notify daily Europe/Berlin")} the time zone, too.`,
  ].join("\n");
}
