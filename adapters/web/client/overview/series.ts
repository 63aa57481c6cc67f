import type { StatisticsJson } from "../../views/statistics-view.ts";
import type { Unit } from "./scale.ts";

export type Hour = StatisticsJson["hours"][number];

/** One thing that is told of every hour. */
export interface Series {
  name: string;
  /** Null where there is nothing to tell. */
  value(hour: Hour): number | null;
  /** Over all hours. */
  total: number | null;
}

/** What a plot is made of, and how. */
export interface Drawing {
  hours: readonly Hour[];
  series: readonly Series[];
  unit: Unit;
  kind: "lines" | "bars";
}
