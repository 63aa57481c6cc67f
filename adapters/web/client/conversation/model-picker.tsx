import { useEffect, useState } from "preact/hooks";
import type { ModelsJson } from "../../routes/models.ts";
import { listModels } from "./models.ts";

interface Props {
  /** Null stands for the default model. */
  model: string | null;
  onChoose(model: string | null): void;
}

export function ModelPicker({ model, onChoose }: Props) {
  const [list, setList] = useState<ModelsJson | null>(null);
  useEffect(() => {
    let wanted = true;
    listModels().then(
      (models) => wanted && setList(models),
      () => {},
    );
    return () => void (wanted = false);
  }, []);
  if (!list) return null;
  const standard = list.models.find((one) => one.id === list.default);
  const unlisted = model !== null && !list.models.some((one) => one.id === model);
  if (list.models.length <= 1 && list.problems.length === 0 && !unlisted) {
    return <span class="model-only quiet">{standard?.label ?? list.default}</span>;
  }
  return (
    <label class="model-picker">
      <span class="visually-hidden">Model</span>
      <select
        value={model ?? ""}
        title={list.problems.join(" ") || undefined}
        onChange={(event) => onChoose(event.currentTarget.value || null)}
      >
        <option value="">{standard?.label ?? list.default} (default)</option>
        {list.models
          .filter((one) => one.id !== list.default || model === one.id)
          .map((one) => (
            <option key={one.id} value={one.id}>
              {one.label}
            </option>
          ))}
        {unlisted && <option value={model}>{model}</option>}
      </select>
    </label>
  );
}
