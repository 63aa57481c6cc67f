import { commitPath } from "../router.ts";
import { Link } from "../ui/link.tsx";

interface Props {
  slug: string;
  sha: string;
  onLeave?: (() => void) | undefined;
}

/** A commit by its short name, leading to what is known of it. */
export function CommitLink({ slug, sha, onLeave }: Props) {
  return (
    <Link class="commit-link" to={commitPath(slug, sha)} onFollow={onLeave}>
      <code title={sha}>{sha.slice(0, 7)}</code>
    </Link>
  );
}
