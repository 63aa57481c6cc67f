import { useMemo } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { SegmentView } from "../document/segments.tsx";
import { splitDocument } from "../markdown/document-blocks.ts";
import { changeEdits } from "../redline/edits.ts";
import { planUnits, type Unit } from "../redline/layout.ts";
import { UnitCache } from "../redline/unit-cache.ts";
import { sectionTitle } from "./section-title.ts";

interface Props {
  rfc: RfcDetailJson;
  ready: readonly ChangeJson[];
  /** Ids of changes that the person leaves out. */
  without: ReadonlySet<string>;
  onToggle(changeId: string): void;
  onShow(changeId: string): void;
}

/** The paragraphs that are touched, with all chosen changes in them. */
export function CombinedRedline({ rfc, ready, without, onToggle, onShow }: Props) {
  const body = rfc.document?.body ?? "";
  const { units, cache } = useMemo(() => {
    const document = splitDocument(body);
    const all = planUnits(document, changeEdits(ready, body));
    return { units: all, cache: new UnitCache(document.links) };
  }, [body, ready]);
  const changes = new Map(ready.map((change) => [change.id, change]));
  return (
    <ul class="combined" onClick={(event) => showCard(event, onShow)}>
      {units
        .filter((unit) => unit.edits.length > 0)
        .map((unit) => {
          const edits = [...unit.edits, ...unit.overlapping];
          const section = sectionTitle(changes.get(edits[0]!.changeId)?.section ?? []);
          return (
            <li key={unit.key}>
              <div class="combined-head">
                {edits.map(({ changeId, number }) => (
                  <label key={changeId}>
                    <input
                      type="checkbox"
                      checked={!without.has(changeId)}
                      onChange={() => onToggle(changeId)}
                    />{" "}
                    Change #{number}
                  </label>
                ))}
                <span class="quiet">{section}</span>
              </div>
              <div class="prose">
                {cache.segments(chosen(unit, without)).map((segment) => (
                  <SegmentView key={segment.key} segment={segment} />
                ))}
              </div>
            </li>
          );
        })}
    </ul>
  );
}

/** A redline leads to its card here too. */
function showCard(event: MouseEvent, onShow: Props["onShow"]): void {
  const target = event.target instanceof Element ? event.target : null;
  const changeId = target?.closest<HTMLElement>("[data-change]")?.dataset["change"];
  if (changeId !== undefined) onShow(changeId);
}

function chosen(unit: Unit, without: ReadonlySet<string>): Unit {
  const keep = (edits: Unit["edits"]) => edits.filter((edit) => !without.has(edit.changeId));
  return { ...unit, edits: keep(unit.edits), overlapping: keep(unit.overlapping) };
}
