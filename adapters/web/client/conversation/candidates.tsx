import type { CandidateJson, ChangeJson } from "../../views/change-view.ts";
import type { PassageJson } from "../api.ts";
import { sectionTitle } from "./section-title.ts";

interface Props {
  change: ChangeJson;
  body: string;
  onChoose(passage: PassageJson): void;
}

const CONTEXT = 48;

/** The places where a change may belong, each with what surrounds it. */
export function Candidates({ change, body, onChoose }: Props) {
  const candidates = change.candidates.length > 0 ? change.candidates : single(change, body);
  return (
    <ol class="candidates" aria-label="Places">
      {candidates.map((candidate) => (
        <li key={candidate.start}>
          <button type="button" onClick={() => onChoose(candidate)}>
            <span class="quiet">
              {[`Line ${candidate.line}`, sectionTitle(candidate.section)]
                .filter(Boolean)
                .join(" · ")}
            </span>
            <span class="candidate-text">
              {before(body, candidate)}
              <mark>{candidate.slice === "" ? "‸" : candidate.slice}</mark>
              {after(body, candidate)}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** A doubtful place without alternatives is a choice of one. */
function single(
  { passage, slice, section, replacement }: ChangeJson,
  body: string,
): CandidateJson[] {
  if (!passage) return [];
  const line = body.slice(0, passage.start).split("\n").length;
  return [{ ...passage, slice, section, replacement, line }];
}

function before(body: string, { start }: PassageJson): string {
  const from = Math.max(0, start - CONTEXT);
  const line = body.slice(from, start).split("\n").at(-1) ?? "";
  const cut = line.length === start - from && from > 0;
  return cut ? `…${line.slice(line.indexOf(" ") + 1)}` : line;
}

function after(body: string, { end }: PassageJson): string {
  const line = body.slice(end, end + CONTEXT).split("\n")[0] ?? "";
  const cut = line.length === CONTEXT && end + CONTEXT < body.length;
  return cut ? `${line.slice(0, line.lastIndexOf(" ") + 1)}…` : line;
}
