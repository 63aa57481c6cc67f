import { useEffect, useState } from "preact/hooks";
import type { ModelsJson } from "../../routes/models.ts";
import { api } from "../api.ts";

interface Props {
  /** Null stands for the default model. */
  model: string | null;
  onChoose(model: string | null): void;
}

let asked: Promise<ModelsJson> | null = null;

/** Asked once a page; a failure is asked again by the next picker. */
function listModels(): Promise<ModelsJson> {
  asked ??= api.models().catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
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
