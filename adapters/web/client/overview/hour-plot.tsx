import { useId, useState } from "preact/hooks";
import { hourName, inWords, periodName } from "./figure-words.ts";
import { HourTable } from "./hour-table.tsx";
import { PlotArea } from "./plot-area.tsx";
import type { Drawing, Hour } from "./series.ts";

interface Props extends Drawing {
  title: string;
  /** What is counted, in a sentence. */
  about: string;
}

/**
 * A plot of what happened hour by hour. It is a slider over the hours: with the pointer, a finger or the arrow keys
 * one of them is chosen, and the list above tells of it; otherwise of all of them. The table has everything.
 */
export function HourPlot({ title, about, hours, series, unit, kind }: Props) {
  const id = useId();
  const [chosen, setChosen] = useState<number | null>(null);
  const at = chosen !== null && chosen < hours.length ? chosen : null;
  const hour = at === null ? undefined : hours[at];
  const days = hours.length > 24;
  const told = (one: Hour): string =>
    series.map(({ name, value }) => `${name} ${inWords(value(one), unit)}`).join(", ");
  const isEmpty = hours.every((one) => series.every(({ value }) => !value(one)));
  return (
    <section class="plot" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{title}</h3>
      <p class="quiet plot-about">{about}</p>
      <div class="plot-told">
        <span class="plot-when">
          {hour ? hourName(hour, days) : `All ${periodName(hours.length)}`}
        </span>
        <dl>
          {series.map(({ name, value, total }, tone) => (
            <div key={name}>
              <dt>
                <Swatch tone={tone} kind={kind} /> {name}
              </dt>
              <dd>{inWords(hour ? value(hour) : total, unit)}</dd>
            </div>
          ))}
        </dl>
      </div>
      {isEmpty ? (
        <p class="plot-empty quiet">Nothing in these hours.</p>
      ) : (
        <PlotArea
          label={`${title}, by hour`}
          hours={hours}
          series={series}
          unit={unit}
          kind={kind}
          chosen={at}
          told={
            at === null ? "No hour chosen" : `${hourName(hours[at]!, days)}: ${told(hours[at]!)}`
          }
          onChoose={setChosen}
        />
      )}
      {!isEmpty && <HourTable title={title} hours={hours} series={series} unit={unit} />}
    </section>
  );
}

function Swatch({ tone, kind }: { tone: number; kind: Drawing["kind"] }) {
  return (
    <svg class={`plot-swatch plot-tone-${tone}`} width="16" height="10" aria-hidden="true">
      {kind === "bars" ? (
        <rect class="plot-bar" x="2" width="10" height="10" rx="2" />
      ) : (
        <>
          <line class="plot-line" x1="0" x2="16" y1="5" y2="5" />
          <circle class="plot-point" cx="8" cy="5" r="2.5" />
        </>
      )}
    </svg>
  );
}
