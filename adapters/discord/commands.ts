/**
 * Redline's commands as Discord knows them, made out of the one list that there is, and what was given back as
 * the text that the one grammar reads. Pure.
 * Source: Discord's API reference, "Application Commands".
 */
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
} from "discord.js";
import { MODE_WORDS } from "../../src/chat/participation.ts";
import type { CommandName } from "../../src/commands/command.ts";
import { COMMANDS } from "../../src/commands/grammar.ts";
import type { Json } from "../../src/json.ts";
import { list, record, text } from "../../src/json.ts";

const COMMAND = "rfc";
/** Names of the commands in a message's menu. */
export const DISCUSS = "Discuss in RFC";
export const PROPOSE = "Propose edit";

/** Discord's bound of a description. */
const LONGEST = 100;

const CONTEXTS = {
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
};

interface Option {
  name: string;
  description: string;
  type: number;
  required?: boolean;
  autocomplete?: boolean;
  min_value?: number;
  max_value?: number;
  max_length?: number;
  choices?: { name: string; value: string }[];
}

const { String: STRING, Integer: INTEGER, User: USER, Role: ROLE } = ApplicationCommandOptionType;

const change: Option = {
  name: "change",
  description: "Number of the change",
  type: INTEGER,
  required: true,
  autocomplete: true,
  min_value: 1,
};

const reason: Option = {
  name: "reason",
  description: "Why; everybody sees it",
  type: STRING,
  max_length: 3_000,
};

const who: readonly Option[] = [
  { name: "user", description: "A person", type: USER },
  { name: "role", description: "A role: everybody who has it", type: ROLE },
];

/** The one word that a command may be given. */
function only(value: string, description: string): Option {
  const choices = [{ name: description, value }];
  return { name: "what", description, type: STRING, choices };
}

const NOTIFY = [
  { name: "A summary once an hour", value: "hourly" },
  { name: "A summary in the morning", value: "daily" },
  { name: "No summary", value: "off" },
  { name: "What concerns you at once", value: "direct on" },
  { name: "What concerns you in the console alone", value: "direct off" },
];

/** What commands take; the others take nothing. */
const OPTIONS: { readonly [K in CommandName]?: readonly Option[] } = {
  link: [
    {
      name: "rfc",
      description: "The RFC's slug, the address of a pull request, or a code of another place",
      type: STRING,
      required: true,
      autocomplete: true,
    },
    {
      name: "path",
      description: "Where a pull request has several documents: the path of one",
      type: STRING,
    },
  ],
  accept: [change],
  decline: [change, reason],
  model: [{ name: "id", description: "The model's id", type: STRING, autocomplete: true }],
  connect: [only("join", "I am the one who connected the same account elsewhere")],
  watch: [only("thread", "This thread alone")],
  unwatch: [only("thread", "This thread alone")],
  mute: [only("rfc", "The whole RFC")],
  unmute: [only("rfc", "The whole RFC")],
  notify: [
    {
      name: "what",
      description: "When I write to you in private",
      type: STRING,
      choices: NOTIFY,
    },
    { name: "zone", description: "Your time zone, such as Europe/Berlin", type: STRING },
  ],
  forget: [
    {
      name: "what",
      description: "Whether you are sure",
      type: STRING,
      required: true,
      choices: [
        { name: "me: says what would be erased", value: "me" },
        { name: "me, yes: erases it for good", value: "me yes" },
      ],
    },
  ],
  mode: [
    {
      name: "mode",
      description: "When Redline answers here",
      type: STRING,
      choices: Object.entries(MODE_WORDS).map(([value, words]) => ({
        name: short(`${value}: ${words}`),
        value,
      })),
    },
  ],
};

const whoWhere: readonly Option[] = [
  ...who,
  {
    name: "for",
    description: "What they decide on; everything here, if left out",
    type: STRING,
    choices: [{ name: "This RFC, wherever it is discussed", value: "rfc" }],
  },
];

interface Act {
  name: string;
  description: string;
  options?: readonly Option[];
}

const MAINTAINERS: readonly Act[] = [
  { name: "add", description: "Lets a person or a role accept and decline", options: whoWhere },
  { name: "remove", description: "Takes that away from a person or a role", options: whoWhere },
  { name: "list", description: "Says who may accept and decline" },
];

const concern: Option = {
  name: "concern",
  description: "Number of the concern",
  type: INTEGER,
  required: true,
  min_value: 1,
};
const held: Option = {
  name: "text",
  description: "What speaks against it; everybody sees it",
  type: STRING,
  required: true,
  max_length: 4_000,
};
const days: Option = {
  name: "days",
  description: "How many days it waits for people's word",
  type: INTEGER,
  min_value: 0,
  max_value: 90,
};

const CONCERN: readonly Act[] = [
  { name: "raise", description: "Says what speaks against the document", options: [held] },
  { name: "resolve", description: "Settles a concern", options: [concern, reason] },
  { name: "withdraw", description: "Takes your own concern back", options: [concern] },
];

const PROPOSE_MERGE: readonly Act[] = [
  { name: "ask", description: "Asks the maintainers; open concerns hold it", options: [days] },
  { name: "agree", description: "Says that you agree" },
  { name: "object", description: "Says that you object, which holds it" },
  { name: "withdraw", description: "Takes the proposal back" },
];

/** Commands that do several things. */
const GROUPS: { readonly [K in CommandName]?: readonly Act[] } = {
  maintainers: MAINTAINERS,
  concern: CONCERN,
  "propose-merge": PROPOSE_MERGE,
};
/** What the grammar does not name: the command alone does it. */
const UNSAID: ReadonlySet<string> = new Set(["concern raise", "propose-merge ask"]);

/** All commands, as they are registered. */
export function commandDefinitions(): Json[] {
  const inMenu = (name: string): Json => ({
    type: ApplicationCommandType.Message,
    name,
    ...CONTEXTS,
  });
  return [
    {
      type: ApplicationCommandType.ChatInput,
      name: COMMAND,
      description: "Discuss an RFC, see its state, decide its changes",
      ...CONTEXTS,
      options: Object.values(COMMANDS).map(({ name, summary }) => subcommand(name, summary)),
    },
    inMenu(DISCUSS),
    inMenu(PROPOSE),
  ];
}

function subcommand(name: CommandName, summary: string): Json {
  const description = describe(summary);
  const acts = GROUPS[name];
  if (acts) {
    return {
      type: ApplicationCommandOptionType.SubcommandGroup,
      name,
      description,
      options: acts.map((act) => ({
        type: ApplicationCommandOptionType.Subcommand,
        ...act,
      })),
    };
  }
  const options = OPTIONS[name];
  return {
    type: ApplicationCommandOptionType.Subcommand,
    name,
    description,
    ...(options && { options }),
  };
}

/** The first part of a summary that is too long. */
function describe(summary: string): string {
  const [first = ""] = summary.length > LONGEST ? summary.split("; ", 1) : [summary];
  return short(first.charAt(0).toUpperCase() + first.slice(1));
}

function short(words: string): string {
  return words.length <= LONGEST ? words : `${words.slice(0, LONGEST - 1).trimEnd()}…`;
}

/** What was called, such as `decline 3 too early`; mentions as Discord writes them. */
export function commandText(data: Json): string {
  const { words, options } = called(data);
  const roles = record(record(data["resolved"])["roles"]);
  const values = options.map((option) => {
    const value = valueOf(option);
    switch (option["type"]) {
      case ApplicationCommandOptionType.User:
        return `<@${value}>`;
      case ApplicationCommandOptionType.Role:
        return `<@&${value}>`;
      case ApplicationCommandOptionType.Mentionable:
        return value in roles ? `<@&${value}>` : `<@${value}>`;
      default:
        return value;
    }
  });
  const said = UNSAID.has(words.join(" ")) ? words.slice(0, 1) : words;
  return [...said, ...inOrder(options, values)].join(" ").trim();
}

/** What is being written, for its completion; null where nothing is. */
export function focusedOption(
  data: Json,
): { command: string; typed: string; isNumber: boolean } | null {
  const { words, options } = called(data);
  const focused = options.find((option) => option["focused"] === true);
  if (!focused) return null;
  return {
    command: words.join(" "),
    typed: valueOf(focused),
    isNumber: focused["type"] === INTEGER,
  };
}

/** Names down to the subcommand, and its options. */
function called(data: Json): { words: string[]; options: Json[] } {
  const words: string[] = [];
  let options = list(data["options"]).map(record);
  for (let deeper = nested(options); deeper; deeper = nested(options)) {
    words.push(text(deeper["name"]) ?? "");
    options = list(deeper["options"]).map(record);
  }
  return { words, options };
}

function nested(options: readonly Json[]): Json | undefined {
  return options.find(
    ({ type }) =>
      type === ApplicationCommandOptionType.Subcommand ||
      type === ApplicationCommandOptionType.SubcommandGroup,
  );
}

/** Texts, and numbers as they are written. */
function valueOf({ value }: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "");
}

/** Free text comes last, in whatever order it was filled in. */
function inOrder(options: readonly Json[], values: readonly string[]): string[] {
  const last = new Set(["for", "reason", "path", "zone"]);
  const isLast = (at: number): boolean => last.has(text(options[at]?.["name"]) ?? "");
  return [
    ...values.filter((_value, at) => !isLast(at)),
    ...values.filter((_value, at) => isLast(at)),
  ];
}
