import { UserError } from "../errors.ts";
import { quotedName } from "../models/requests.ts";
import type { ModelInfo, ModelProvider } from "../ports.ts";

/** Asking a provider for its list must not hold up whoever waits. */
const LIST_TIMEOUT_MS = 5_000;
const LIST_FRESH_MS = 5 * 60_000;
/** A server that was not up yet is asked again soon. */
const LIST_RETRY_MS = 3_000;

export interface ModelList {
  models: ModelInfo[];
  default: string;
  /** Whether an id that is not listed does not exist. */
  isWhole: boolean;
  /** Why a provider could not be asked, a sentence each. */
  problems: string[];
}

interface Listed {
  models: ModelInfo[];
  /** Null when the provider answered. */
  problem: string | null;
}

interface Entry {
  listed: Promise<Listed>;
  /** Null while the provider is being asked. */
  until: number | null;
}

/** Which model answers, out of what the configured providers say they have. */
export class Models {
  private readonly providers: readonly ModelProvider[];
  private readonly configuredDefault: string | null;
  private readonly lists = new Map<string, Entry>();

  /** `providers` in order of preference; there is always one. */
  constructor(providers: readonly ModelProvider[], configuredDefault: string | null) {
    this.providers = providers;
    this.configuredDefault = configuredDefault;
  }

  /** The model that answers when nobody asked for another; null when none can be found. */
  async defaultId(): Promise<string | null> {
    if (this.configuredDefault) return this.configuredDefault;
    for (const provider of this.providers) {
      const [first] = (await this.listOf(provider)).models;
      const id = first?.id ?? provider.fallbackModel;
      if (id) return id;
    }
    return null;
  }

  async list(): Promise<ModelList> {
    const lists = await Promise.all(this.providers.map((provider) => this.listOf(provider)));
    return {
      models: lists.flatMap((list) => list.models),
      default: (await this.defaultId()) ?? "",
      isWhole: this.providers.every((provider) => provider.listsAll === true),
      problems: lists.flatMap((list) => (list.problem ? [list.problem] : [])),
    };
  }

  /**
   * A listed id belongs to who lists it. Providers also take names that they do not list, so an unlisted id
   * goes to the first provider whose list does not settle the question, and that one says whether it is good.
   * @throws UserError unknown-model
   */
  async providerOf(modelId: string): Promise<ModelProvider> {
    const lists = await Promise.all(this.providers.map((provider) => this.listOf(provider)));
    const index = lists.findIndex((list) => list.models.some((model) => model.id === modelId));
    const open = this.providers.find((provider) => provider.listsAll !== true);
    const provider = this.providers[index] ?? open;
    if (provider) return provider;
    throw new UserError(
      "unknown-model",
      `There is no model ${quotedName(modelId)}; choose one of ${lists.flatMap((list) => list.models.map((model) => model.id)).join(", ")}.`,
    );
  }

  /** The provider's list, asked for once by however many want it. */
  private listOf(provider: ModelProvider): Promise<Listed> {
    const known = this.lists.get(provider.name);
    if (known && (known.until === null || Date.now() < known.until)) return known.listed;
    const entry: Entry = { listed: this.ask(provider), until: null };
    this.lists.set(provider.name, entry);
    void entry.listed.then(({ problem }) => {
      entry.until = Date.now() + (problem === null ? LIST_FRESH_MS : LIST_RETRY_MS);
    });
    return entry.listed;
  }

  private async ask(provider: ModelProvider): Promise<Listed> {
    try {
      const models = await provider.models(AbortSignal.timeout(LIST_TIMEOUT_MS));
      return { models, problem: null };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { models: [], problem: `${provider.name}: ${why}` };
    }
  }
}
