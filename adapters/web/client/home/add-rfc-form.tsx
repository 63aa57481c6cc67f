import { useId, useState } from "preact/hooks";
import { api, ApiError } from "../api.ts";
import { navigate, rfcPath } from "../router.ts";
import { useAction } from "../ui/action.ts";
import { Notice } from "../ui/notice.tsx";
import {
  fieldProblems,
  problemField,
  repositoryAddress,
  suggestSlug,
  suggestTitle,
  type RfcFields,
} from "./repository.ts";

const EMPTY: RfcFields = { repository: "", path: "", branch: "main", title: "", slug: "" };

/** Adds a document of a Git repository; errors stand beside the field that they are about. */
export function AddRfcForm() {
  const [fields, setFields] = useState(EMPTY);
  const [touched, setTouched] = useState<ReadonlySet<keyof RfcFields>>(new Set());
  const [problems, setProblems] = useState<Partial<RfcFields>>({});
  const action = useAction();

  const change = (name: keyof RfcFields, value: string): void => {
    const next = { ...fields, [name]: value };
    // Suggestions follow the path until somebody writes their own.
    if (name === "path" && !touched.has("slug")) next.slug = suggestSlug(value);
    if (name === "path" && !touched.has("title")) next.title = suggestTitle(value);
    setFields(next);
    setTouched(new Set([...touched, name]));
    setProblems({ ...problems, [name]: undefined });
  };

  const submit = async (): Promise<void> => {
    const found = fieldProblems(fields);
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    const { path, branch, title, slug } = fields;
    try {
      const rfc = await api.addRfc({
        repository: repositoryAddress(fields.repository),
        path: path.trim(),
        branch: branch.trim(),
        title: title.trim(),
        slug: slug.trim(),
      });
      navigate(rfcPath(rfc.slug));
    } catch (error) {
      const field = error instanceof ApiError ? problemField(error.kind, error.message) : null;
      if (!field || !(error instanceof ApiError)) throw error;
      setProblems({ [field]: error.message });
    }
  };

  const field = (name: keyof RfcFields, label: string, hint: string) => (
    <Field
      name={name}
      label={label}
      hint={hint}
      value={fields[name]}
      problem={problems[name]}
      onChange={(value) => change(name, value)}
    />
  );

  return (
    <form
      class="add-rfc"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(submit);
      }}
    >
      {field("repository", "Repository", "A folder on this machine, such as /home/me/repo")}
      {field("path", "Document", "Path inside the repository, such as rfcs/0001-retries.md")}
      {field("branch", "Branch", "The branch on which the RFC is being changed")}
      {field("title", "Title", "")}
      {field("slug", "Short name", "Used in addresses and commands")}
      {action.problem && <Notice kind="problem">{action.problem}</Notice>}
      <button type="submit" class="primary" disabled={action.busy}>
        {action.busy ? "Adding…" : "Add RFC"}
      </button>
    </form>
  );
}

interface FieldProps {
  name: string;
  label: string;
  hint: string;
  value: string;
  problem: string | undefined;
  onChange(value: string): void;
}

function Field({ name, label, hint, value, problem, onChange }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label htmlFor={id}>{label}</label>
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
