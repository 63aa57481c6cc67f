import type { ModelFiguresJson } from "../../views/statistics-view.ts";
import { count, money, share } from "./figure-words.ts";
import { ShareBar } from "./share-bar.tsx";

const read = (model: ModelFiguresJson): number =>
  model.input + model.cache_read + model.cache_write;

/** What each model used and cost, and how much of what it read came out of a cache. */
export function ModelTable({ models }: { models: readonly ModelFiguresJson[] }) {
  if (models.length === 0) return <p class="empty">No model has answered in these hours.</p>;
  const most = Math.max(...models.map((model) => read(model) + model.output));
  return (
    <div class="figures" role="region" aria-label="Cost by model" tabIndex={0}>
      <table>
        <caption class="visually-hidden">Tokens and money by model</caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Answers</th>
            <th scope="col">Tokens read</th>
            <th scope="col">of them from cache</th>
            <th scope="col">Tokens written</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <tr key={model.model_id}>
              <th scope="row">
                {model.model_id}
                <ShareBar
                  most={most}
                  parts={[
                    { kind: "cached", value: model.cache_read },
                    { kind: "read", value: model.input + model.cache_write },
                    { kind: "written", value: model.output },
                  ]}
                />
              </th>
              <td>{count(model.turns)}</td>
              <td>{count(read(model))}</td>
              <td>{share(model.cache_read, read(model))}</td>
              <td>{count(model.output)}</td>
              <td>
                {model.cost_microdollars === null ? "no price" : money(model.cost_microdollars)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Key
        names={[
          ["cached", "read from cache"],
          ["read", "read anew"],
          ["written", "written"],
        ]}
      />
    </div>
  );
}

/** What the colours of the bars mean. */
export function Key({ names }: { names: readonly (readonly [kind: string, name: string])[] }) {
  return (
    <ul class="share-key">
      {names.map(([kind, name]) => (
        <li key={kind}>
          <svg width="12" height="12" aria-hidden="true">
            <rect class={`share-${kind}`} width="12" height="12" rx="2" />
          </svg>{" "}
          {name}
        </li>
      ))}
    </ul>
  );
}
