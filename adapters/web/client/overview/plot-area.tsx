import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { inUnit, tickName } from "./figure-words.ts";
import { hourStep, ticks } from "./scale.ts";
import type { Drawing, Series } from "./series.ts";

interface Props extends Drawing {
  label: string;
  /** Number of the hour that is looked at. */
  chosen: number | null;
  /** The chosen hour in words. */
  told: string;
  onChoose(at: number | null): void;
}

const HEIGHT = 190;
const MARGIN = { top: 10, right: 10, bottom: 24 };
const LETTER = 6.8;
const DAY_MS = 86_400_000;

/** Pixels of the drawing, which follow the room that there is. */
interface Frame {
  left: number;
  right: number;
  bottom: number;
  /** Of one hour. */
  step: number;
  x(at: number): number;
  y(value: number): number;
}

export function PlotArea(props: Props) {
  const { label, hours, series, unit, kind, chosen, told, onChoose } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const values = hours.flatMap((hour) => series.map(({ value }) => value(hour) ?? 0));
  const steps = ticks(Math.max(...values), unit);
  const frame = frameOf(width, hours.length, steps, (value) => inUnit(value, unit));
  const at = (clientX: number): number => {
    const { left } = box.current!.getBoundingClientRect();
    const place = Math.floor((clientX - left - frame.left) / frame.step);
    return Math.max(0, Math.min(hours.length - 1, place));
  };
  const onKey = (event: KeyboardEvent): void => {
    const next = moved(event.key, chosen ?? hours.length, hours.length);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChoose(next);
  };
  return (
    <div
      ref={box}
      class="plot-area"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={1}
      aria-valuemax={hours.length}
      aria-valuenow={(chosen ?? hours.length - 1) + 1}
      aria-valuetext={told}
      onKeyDown={onKey}
      onBlur={() => onChoose(null)}
      onPointerMove={(event) => onChoose(at(event.clientX))}
      onPointerDown={(event) => onChoose(at(event.clientX))}
      onPointerLeave={() => onChoose(null)}
    >
      <svg width={width} height={HEIGHT} aria-hidden="true">
        <Axes frame={frame} steps={steps} {...props} />
        {chosen !== null && (
          <rect
            class="plot-chosen"
            x={frame.x(chosen) - frame.step / 2}
            y={MARGIN.top}
            width={frame.step}
            height={frame.bottom - MARGIN.top}
          />
        )}
        {series.map((one, tone) => (
          <g key={one.name} class={`plot-tone-${tone}`}>
            {kind === "bars" ? (
              <Bars frame={frame} hours={hours} series={one} />
            ) : (
              <Line frame={frame} hours={hours} series={one} />
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Undefined: the key means nothing here. Null: no hour is chosen any more. */
function moved(key: string, from: number, count: number): number | null | undefined {
  const to = (at: number): number => Math.max(0, Math.min(count - 1, at));
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return to(from - 1);
    case "ArrowRight":
    case "ArrowUp":
      return to(from + 1);
    case "PageDown":
      return to(from - 6);
    case "PageUp":
      return to(from + 6);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}

function frameOf(
  width: number,
  count: number,
  steps: readonly number[],
  words: (value: number) => string,
): Frame {
  const left = 14 + LETTER * Math.max(...steps.map((step) => words(step).length));
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const step = Math.max(1, right - left) / count;
  const most = steps.at(-1)!;
  return {
    left,
    right,
    bottom,
    step,
    x: (at) => left + (at + 0.5) * step,
    y: (value) => bottom - (value / most) * (bottom - MARGIN.top),
  };
}

function Axes({ frame, steps, hours, unit }: Props & { frame: Frame; steps: readonly number[] }) {
  const named = namedHours(frame, hours);
  return (
    <g class="plot-axes">
      {steps.map((step) => (
        <g key={step}>
          <line x1={frame.left} x2={frame.right} y1={frame.y(step)} y2={frame.y(step)} />
          <text class="plot-step" x={frame.left - 8} y={frame.y(step) + 4}>
            {inUnit(step, unit)}
          </text>
        </g>
      ))}
      {named.map(({ index, name }) => (
        <text key={index} class="plot-hour" x={frame.x(index)} y={HEIGHT - 6}>
          {name}
        </text>
      ))}
    </g>
  );
}

/** Names of the hours that have room for one; of several days, of their beginnings. */
function namedHours(frame: Frame, hours: Props["hours"]): { index: number; name: string }[] {
  const names = hours.map(({ at }) => tickName(new Date(at), hours.length > 24));
  const nameWidth = LETTER * Math.max(...names.map(({ length }) => length)) + 12;
  const every = hourStep(hours.length, frame.right - frame.left, nameWidth);
  return hours.flatMap(({ at }, index) => {
    const date = new Date(at);
    const days = Math.round(date.getTime() / DAY_MS);
    const isNamed = date.getHours() % every === 0 && (every <= 24 || days % (every / 24) === 0);
    const x = frame.x(index);
    const fits = x > nameWidth / 2 && x < frame.right + MARGIN.right - nameWidth / 2 + 6;
    return isNamed && fits ? [{ index, name: names[index]! }] : [];
  });
}

type Drawn = Pick<Props, "hours"> & { frame: Frame; series: Series };

function Bars({ frame, hours, series }: Drawn) {
  const gap = frame.step > 6 ? 2 : 0.5;
  return (
    <>
      {hours.map((hour, at) => {
        const value = series.value(hour) ?? 0;
        if (value === 0) return null;
        // What is there is seen, however much there was in others.
        const top = Math.min(frame.y(value), frame.bottom - 1.5);
        return (
          <rect
            key={hour.at}
            class="plot-bar"
            x={frame.x(at) - frame.step / 2 + gap / 2}
            y={top}
            width={Math.max(0.5, frame.step - gap)}
            height={frame.bottom - top}
          />
        );
      })}
    </>
  );
}

/** Broken where there is nothing to tell. */
function Line({ frame, hours, series }: Drawn) {
  const points = hours.map((hour, at) => {
    const value = series.value(hour);
    return value === null ? null : { x: frame.x(at), y: frame.y(value) };
  });
  const path = points
    .map((point, at) =>
      point === null
        ? ""
        : `${points[at - 1] ? "L" : "M"}${point.x.toFixed(1)} ${point.y.toFixed(1)}`,
    )
    .join("");
  // Points that a line runs through are drawn only where they have room.
  const isAlone = (at: number): boolean => !points[at - 1] && !points[at + 1];
  return (
    <>
      <path class="plot-line" d={path} />
      {points.map(
        (point, at) =>
          point &&
          (frame.step > 9 || isAlone(at)) && (
            <circle key={at} class="plot-point" cx={point.x} cy={point.y} r="2.5" />
          ),
      )}
    </>
  );
}

function useWidth(box: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(560);
  useLayoutEffect(() => {
    const element = box.current!;
    const measure = (): void => setWidth(Math.max(200, Math.floor(element.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}
