import { describe, expect, it, vi } from "vitest";

import { Models } from "../../src/conversation/models.ts";
import type { ModelProvider } from "../../src/ports.ts";

interface Listing extends ModelProvider {
  asked: number;
}

function provider(
  name: string,
  ids: readonly string[] | Error,
  more: Pick<ModelProvider, "listsAll" | "fallbackModel"> = {},
): Listing {
  return {
    name,
    asked: 0,
    ...more,
    models() {
      this.asked += 1;
      if (ids instanceof Error) return Promise.reject(ids);
      return Promise.resolve(ids.map((id) => ({ id, label: id.toUpperCase() })));
    },
    stream() {
      throw new Error("not asked for");
    },
  };
}

describe("the default model", () => {
  const ofBoth = (first: Listing, configured: string | null = null): Promise<string | null> =>
    new Models([first, provider("second", ["b1"])], configured).defaultId();

  it("is the configured one, whatever the providers list", async () => {
    expect(await ofBoth(provider("first", ["a1"]), "mine")).toBe("mine");
  });

  it("is else the first of the preferred provider's list", async () => {
    expect(await ofBoth(provider("first", ["a1", "a2"]))).toBe("a1");
  });

  it("is the provider's own fallback where its list cannot be had, else the next one's", async () => {
    const away = new Error("no answer");
    expect(await ofBoth(provider("first", away, { fallbackModel: "a0" }))).toBe("a0");
    expect(await ofBoth(provider("first", away))).toBe("b1");
    expect(await new Models([provider("only", away)], null).defaultId()).toBeNull();
  });
});

describe("who answers as a model", () => {
  const open = provider("open", ["a1"]);
  const closed = provider("closed", ["b1", "b2"], { listsAll: true });

  it("is who lists it", async () => {
    expect(await new Models([open, closed], null).providerOf("b2")).toBe(closed);
    expect(await new Models([closed, open], null).providerOf("a1")).toBe(open);
  });

  it("is the first provider whose list is not the whole of it, for an id that nobody lists", async () => {
    expect(await new Models([closed, open], null).providerOf("a1-preview")).toBe(open);
  });

  it("is nobody where every list is whole: the ids that there are are named", async () => {
    const models = new Models([closed], null);
    await expect(models.providerOf("nope")).rejects.toMatchObject({
      type: "unknown-model",
      message: "There is no model “nope”; choose one of b1, b2.",
    });
  });
});

describe("the list of models", () => {
  it("has everybody's, and names who cannot be asked", async () => {
    const models = new Models(
      [provider("first", new Error("the key is wrong")), provider("second", ["b1"])],
      null,
    );
    expect(await models.list()).toEqual({
      models: [{ id: "b1", label: "B1" }],
      default: "b1",
      isWhole: false,
      problems: ["first: the key is wrong"],
    });
  });

  it("is asked for once in a while, not for every message", async () => {
    const first = provider("first", ["a1"]);
    const models = new Models([first], null);
    await Promise.all([models.list(), models.list()]);
    await models.providerOf("a1");
    await models.defaultId();
    expect(first.asked).toBe(1);
  });

  it("is asked for again after some minutes, and sooner where it could not be had", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const wait = (seconds: number): unknown => vi.setSystemTime(Date.now() + seconds * 1_000);
    const well = provider("well", ["a1"]);
    const away = provider("away", new Error("no answer"));
    const models = new Models([well, away], null);
    await models.list();
    wait(10);
    await models.list();
    expect([well.asked, away.asked]).toEqual([1, 2]);
    wait(600);
    await models.list();
    expect([well.asked, away.asked]).toEqual([2, 3]);
    vi.useRealTimers();
  });
});
