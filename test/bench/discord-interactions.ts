import { setTimeout as pause } from "node:timers/promises";

import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel, Interaction, Message } from "../fakes/discord/model.ts";
import { figure, printTable, quantile } from "./report.ts";
import { seen } from "./support/contenders.ts";
import { linkedThread } from "./support/discord-contenders.ts";
import type { BenchServer } from "./support/start-server.ts";
import { startServer } from "./support/start-server.ts";

export const title =
  "Discord: 50 interactions a second for 20 s, one process on embedded Postgres (6 of 10 commands, 2 completions, 2 forms)";

const RATE = 50;
const SECONDS = 20;
const CHANNELS = 20;
const PEOPLE = 40;
const HEAD = [
  "kind",
  "interactions",
  "acknowledged p50 ms",
  "p99 ms",
  "max ms",
  "not in 3 s",
  "still thinking",
  "worked off after s",
];
/** For what came in to be worked off afterwards. */
const PATIENCE_MS = 120_000;

type Kind = "command" | "completion" | "form";

const KINDS: readonly Kind[] = ["command", "completion", "form"];
/** In turn. */
const MIX: readonly Kind[] = ["command", "command", "completion", "command", "form"];

export async function run(): Promise<void> {
  const discord = await FakeDiscord.start();
  const guild = discord.addGuild("Acme");
  try {
    await using server = (await startServer("PostgreSQL", undefined, {
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_TOKEN: discord.token,
    }))!;
    const scene = await prepare(discord, guild);
    await seen(() => isWorkedOff(server), "quiet", PATIENCE_MS);
    const found = await flood(scene);
    const end = performance.now();
    await seen(() => isWorkedOff(server), "the end of the work", PATIENCE_MS);
    const worked = figure((performance.now() - end) / 1_000);
    const thinking = String(discord.thinking().length);
    const all = KINDS.flatMap((kind) => found[kind]);
    printTable(HEAD, [
      ...KINDS.map((kind) => rowOf(kind, found[kind])),
      [...rowOf("all", all), thinking, worked],
    ]);
  } finally {
    await discord.close();
  }
}

interface Scene {
  people: FakeUser[];
  threads: { thread: Channel; message: Message }[];
}

async function prepare(discord: FakeDiscord, guild: FakeGuild): Promise<Scene> {
  const people = Array.from({ length: PEOPLE }, (_, n) =>
    guild.addMember(`person-${n}`, n === 0 ? ["MANAGE_GUILD"] : []),
  );
  const [admin] = people;
  const threads: Scene["threads"] = [];
  for (let n = 0; n < CHANNELS; n += 1) {
    const thread = await linkedThread(discord, guild.addChannel(`rfcs-${n}`), admin!);
    threads.push({ thread, message: people[n]!.says(thread, "It could be longer.") });
  }
  await seen(() => discord.world.commands.length > 0, "the commands");
  return { people, threads };
}

type Found = Record<Kind, (number | null)[]>;

/** Milliseconds until each was acknowledged, null where it was not. What is to be done is done at its time. */
async function flood({ people, threads }: Scene): Promise<Found> {
  const found: Found = { command: [], completion: [], form: [] };
  const start = performance.now();
  const work: Promise<void>[] = [];
  for (let n = 0; n < RATE * SECONDS; n += 1) {
    const early = start + (n * 1_000) / RATE - performance.now();
    if (early > 1) await pause(early);
    const kind = MIX[n % MIX.length]!;
    const at = performance.now();
    const done = act(kind, people[n % PEOPLE]!, threads[Math.floor(n / 3) % CHANNELS]!);
    work.push(
      done.then((isAnswered) => {
        found[kind].push(isAnswered ? performance.now() - at : null);
      }),
    );
  }
  await Promise.all(work);
  return found;
}

async function act(
  kind: Kind,
  person: FakeUser,
  { thread, message }: Scene["threads"][number],
): Promise<boolean> {
  if (kind === "completion") {
    return (await person.completes(thread, "/rfc link", "rfc", "r")) !== null;
  }
  const { answer }: Interaction =
    kind === "command"
      ? await person.runs(thread, "/rfc status")
      : await person.usesOn(message, "Propose edit");
  if (person.modal) person.closes(person.modal);
  return answer !== null;
}

function rowOf(name: string, times: readonly (number | null)[]): string[] {
  const acknowledged = times.filter((time) => time !== null);
  const missed = times.length - acknowledged.length;
  const quantiles = [0.5, 0.99, 1].map((q) =>
    acknowledged.length > 0 ? figure(quantile(acknowledged, q)) : "–",
  );
  return [name, String(times.length), ...quantiles, String(missed)];
}

async function isWorkedOff(server: BenchServer): Promise<boolean> {
  const { waiting = 0, places = 0 } = await server.inbox();
  return waiting === 0 && places === 0;
}
