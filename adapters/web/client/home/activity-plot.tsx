import type { OverviewJson } from "../../views/insight-view.ts";

type Day = OverviewJson["activity"][number];

interface Props {
  days: readonly Day[];
  /** What it is the activity of. */
  label: string;
  small?: boolean;
}

/** Stacked from the bottom up, in this order. */
const KINDS = ["accepted", "declined", "proposed", "messages"] as const;
const STEP = 5;
const BAR = 4;

/** What happened, a bar a day: decisions at the bottom, then what was proposed and said. */
export function ActivityPlot({ days, label, small = false }: Props) {
  const height = small ? 24 : 44;
  const most = Math.max(1, ...days.map(total));
  const width = days.length * STEP - (STEP - BAR);
  return (
    <svg
      class="activity"
      role="img"
      aria-label={`${label}: ${summary(days)}`}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
    >
      <line class="activity-base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {days.map((day, at) => (
        <g key={day.day}>
          {bars(day, most, height - 1).map(({ kind, y, size }) => (
            <rect
              key={kind}
              class={`activity-${kind}`}
              x={at * STEP}
              y={y}
              width={BAR}
              height={size}
            />
          ))}
          {total(day) > 0 && <title>{`${day.day}: ${summary([day])}`}</title>}
        </g>
      ))}
    </svg>
  );
}

function total(day: Day): number {
  return KINDS.reduce((sum, kind) => sum + day[kind], 0);
}

/** A day with anything in it is seen, however much happened on others. */
export function bars(
  day: Day,
  most: number,
  height: number,
): { kind: (typeof KINDS)[number]; y: number; size: number }[] {
  const scale = Math.sqrt(total(day) / most) / Math.max(1, total(day));
  let y = height;
  return KINDS.filter((kind) => day[kind] > 0).map((kind) => {
    const size = Math.max(1.5, day[kind] * scale * (height - 2));
    y -= size;
    return { kind, y, size };
  });
}

/** In words, for those who do not see the plot and for those who do. */
export function summary(days: readonly Day[]): string {
  const sum = (kind: (typeof KINDS)[number]): number =>
    days.reduce((known, day) => known + day[kind], 0);
  const words = [
    [sum("messages"), sum("messages") === 1 ? "message" : "messages"],
    [sum("proposed"), "proposed"],
    [sum("accepted"), "accepted"],
    [sum("declined"), "declined"],
  ].filter(([n]) => n !== 0);
  const told = words.length === 0 ? "nothing" : words.map((pair) => pair.join(" ")).join(", ");
  return days.length > 1 ? `${told} in ${Math.round(days.length / 7)} weeks` : told;
}
