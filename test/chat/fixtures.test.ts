/**
 * Whole conversations, told as people's doings: a folder of `test/fixtures/conversations` each, with `doings.json`
 * and what has to come of it on each platform in `<platform>.json`: rows of the database, what is seen, and the
 * calls that made it.
 * `UPDATE_FIXTURES=1` writes the latter; read it before you keep it.
 */
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { DiscordStage } from "../discord/stage.ts";
import { SlackStage } from "../slack/stage.ts";
import type { Conversation, Outcome } from "../support/conversation.ts";
import { play, rowsOf } from "../support/conversation.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/conversations");
const cases = readdirSync(FOLDER).filter((name) => !name.endsWith(".md"));

const read = async <T>(name: string, file: string): Promise<T> =>
  JSON.parse(await readFile(join(FOLDER, name, file), "utf8")) as T;

describe.each([
  ["slack", SlackStage],
  ["discord", DiscordStage],
])("a conversation in %s", (platform, Platform) => {
  it.each(cases)("%s", async (name) => {
    const conversation = await read<Conversation>(name, "doings.json");
    await using stage = await Platform.start(conversation.document);
    await play(conversation, stage);
    const outcome: Outcome = {
      rows: await rowsOf(stage.sql),
      told: stage.told(),
      shown: { [platform]: { seen: stage.seen(), calls: stage.calls() } },
    };
    if (process.env["UPDATE_FIXTURES"] === "1") {
      const text = `${JSON.stringify(outcome, null, 2)}\n`;
      await writeFile(join(FOLDER, name, `${platform}.json`), text);
    }
    const expected = await read<Outcome>(name, `${platform}.json`);
    expect(outcome).toEqual(expected);
    expect(stage.pings()).toEqual([]);
  });
});
