import { Component, type ComponentChildren } from "preact";

interface State {
  failed: boolean;
}

/** A fault in the page is told in words; what was typed elsewhere is kept by its own storage. */
export class ErrorBoundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = { failed: false };

  static override getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ComponentChildren {
    if (!this.state.failed) return this.props.children;
    return (
      <main class="page page-failed">
        <p class="notice notice-problem" role="alert">
          Something failed in this page. Your work on the server is safe; reload to go on.
        </p>
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
      </main>
    );
  }
}
