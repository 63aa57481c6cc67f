import { memo } from "../ui/memo.ts";
import { hourName, inWords } from "./figure-words.ts";
import type { Drawing } from "./series.ts";

interface Props extends Pick<Drawing, "hours" | "series" | "unit"> {
  title: string;
}

/** The same as its plot, in numbers; the newest hour first. Choosing an hour there does not draw it again. */
export const HourTable = memo(function HourTable({ title, hours, series, unit }: Props) {
  return (
    <details class="plot-table">
      <summary>As a table</summary>
      <div class="plot-rows" role="region" aria-label={`${title}, as a table`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Hour</th>
              {series.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {hours.toReversed().map((hour) => (
              <tr key={hour.at}>
                <th scope="row">{hourName(hour, hours.length > 24)}</th>
                {series.map(({ name, value }) => (
                  <td key={name}>{inWords(value(hour), unit)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
});
