import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, ApiError, type NewRfcJson } from "../api.ts";
import { navigate, rfcPath } from "../router.ts";
import { useAction } from "../ui/action.ts";
import { Notice } from "../ui/notice.tsx";
import {
  fieldProblems,
  problemField,
  repositoryAddress,
  repositoryKind,
  type RfcFields,
} from "./repository.ts";

const EMPTY: RfcFields = { repository: "", path: "", branch: "", title: "", slug: "" };

/** Adds a document of a Git repository; errors stand beside the field that they are about. */
export function AddRfcForm() {
  const [fields, setFields] = useState(EMPTY);
  const [problems, setProblems] = useState<Partial<RfcFields>>({});
  const { form, refuse } = useRefusal(setProblems);
  const action = useAction();
  const kind = repositoryKind(fields.repository);

  const change = (name: keyof RfcFields, value: string): void => {
    setFields({ ...fields, [name]: value });
    setProblems({ ...problems, [name]: undefined });
  };

  const submit = async (): Promise<void> => {
    const found = fieldProblems(fields);
    if (Object.keys(found).length > 0) return refuse(found);
    try {
      navigate(rfcPath((await api.addRfc(newRfc(fields))).slug));
    } catch (error) {
      const field = error instanceof ApiError ? problemField(error.kind, error.message) : null;
      if (!field || !(error instanceof ApiError)) throw error;
      refuse({ [field]: error.message });
    }
  };

  const field = (name: keyof RfcFields, label: string, hint: string, optional = true) => (
    <Field
      name={name}
      label={label}
      optional={optional}
      hint={hint}
      value={fields[name]}
      problem={problems[name]}
      onChange={(value) => change(name, value)}
    />
  );

  return (
    <form
      ref={form}
      class="add-rfc"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(submit);
      }}
    >
      {field(
        "repository",
        "Pull request or repository",
        "The address of a pull request, owner/name on GitHub, or a folder such as /home/me/repo",
        false,
      )}
      {kind === "folder" ? (
        <>
          {field("path", "Document", "Path in the repository, such as rfcs/0001-retries.md", false)}
          {field("branch", "Branch", "On which the RFC is being changed, such as main", false)}
        </>
      ) : (
        <>
          {field(
            "path",
            "Document",
            "Left empty, it is found: the Markdown file that the pull request is about",
          )}
          {kind !== "pull-request" &&
            field("branch", "Branch", "Left empty, it is the open pull request’s")}
        </>
      )}
      {field("title", "Title", "Left empty, it is the document’s first heading")}
      {field(
        "slug",
        "Short name",
        "For addresses and commands; left empty, it is made from the file’s name",
      )}
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
      <button type="submit" class="primary" disabled={action.busy}>
        {action.busy ? "Adding…" : "Add RFC"}
      </button>
    </form>
  );
}

/** What was left empty is left out: the server finds it. A pull request has its own branch. */
function newRfc(fields: RfcFields): NewRfcJson {
  const names = ["path", "branch", "title", "slug"] as const;
  const isPull = repositoryKind(fields.repository) === "pull-request";
  const given = names
    .map((name) => [name, fields[name].trim()] as const)
    .filter(([name, text]) => text !== "" && !(isPull && name === "branch"));
  return { repository: repositoryAddress(fields.repository), ...Object.fromEntries(given) };
}

/** Tells what is wrong, and leads to the first field of which it is told. */
function useRefusal(tell: (problems: Partial<RfcFields>) => void) {
  const form = useRef<HTMLFormElement>(null);
  const [refusals, setRefusals] = useState(0);
  useEffect(() => {
    if (refusals > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [refusals]);
  const refuse = (problems: Partial<RfcFields>): void => {
    tell(problems);
    setRefusals((count) => count + 1);
  };
  return { form, refuse };
}

interface FieldProps {
  name: string;
  label: string;
  optional: boolean;
  hint: string;
  value: string;
  problem: string | undefined;
  onChange(value: string): void;
}

function Field({ name, label, optional, hint, value, problem, onChange }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label htmlFor={id}>
        {label}
        {optional && <span class="quiet"> optional</span>}
      </label>
      <input
        id={id}
        name={name}
        value={value}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-note`}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <span id={`${id}-note`} class={problem === undefined ? "field-hint" : "field-problem"}>
        {problem ?? hint}
      </span>
    </div>
  );
}
