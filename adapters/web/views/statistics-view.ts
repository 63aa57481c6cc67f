import type {
  Backlog,
  HourFigures,
  SeenStatistics,
  Spread,
  TurnFigures,
} from "../../../src/rfcs/statistics.ts";

/** Milliseconds. */
export type SpreadJson = Spread;

export interface TurnFiguresJson {
  events: number;
  messages: number;
  turns: number;
  failed: number;
  first_text_ms: SpreadJson | null;
  turn_ms: SpreadJson | null;
  tokens: number;
  cost_microdollars: number;
}

export interface HourJson extends TurnFiguresJson {
  at: string;
}

export interface ModelFiguresJson {
  model_id: string;
  turns: number;
  input: number;
  cache_read: number;
  cache_write: number;
  output: number;
  cost_microdollars: number | null;
}

export interface RfcFiguresJson {
  slug: string;
  title: string;
  accepted: number;
  declined: number;
  pending: number;
  stale: number;
}

export interface BacklogJson {
  what: Backlog["what"];
  count: number;
  oldest_s: number | null;
}

export interface StatisticsJson {
  from: string;
  at: string;
  hours: HourJson[];
  total: TurnFiguresJson;
  models: ModelFiguresJson[];
  rfcs: RfcFiguresJson[];
  rfcs_left_out: number;
  backlog: BacklogJson[];
}

export function statisticsView(statistics: SeenStatistics): StatisticsJson {
  return {
    from: statistics.from.toISOString(),
    at: statistics.at.toISOString(),
    hours: statistics.hours.map((hour) => ({ at: hour.at.toISOString(), ...figuresView(hour) })),
    total: figuresView(statistics.total),
    models: statistics.models.map((model) => ({
      model_id: model.modelId,
      turns: model.turns,
      input: model.input,
      cache_read: model.cacheRead,
      cache_write: model.cacheWrite,
      output: model.output,
      cost_microdollars: model.costMicrodollars,
    })),
    rfcs: statistics.rfcs,
    rfcs_left_out: statistics.rfcsLeftOut,
    backlog: statistics.backlog.map(({ what, count, oldestS }) => ({
      what,
      count,
      oldest_s: oldestS,
    })),
  };
}

function figuresView(
  figures: TurnFigures & Pick<HourFigures, "events" | "messages">,
): TurnFiguresJson {
  return {
    events: figures.events,
    messages: figures.messages,
    turns: figures.turns,
    failed: figures.failed,
    first_text_ms: figures.firstTextMs,
    turn_ms: figures.turnMs,
    tokens: figures.tokens,
    cost_microdollars: figures.costMicrodollars,
  };
}
