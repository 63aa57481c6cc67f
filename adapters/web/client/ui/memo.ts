import { Component, h, type ComponentChildren, type FunctionComponent } from "preact";

/** Draws again only when a prop is another one. `preact/compat` has this too, at ten times the size. */
export function memo<Props extends object>(
  draw: (props: Props) => ComponentChildren,
): FunctionComponent<Props> {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const keys = new Set([...Object.keys(next), ...Object.keys(this.props)]) as Set<keyof Props>;
      return [...keys].some((key) => next[key] !== this.props[key]);
    }
    override render(): ComponentChildren {
      return h(
        draw as FunctionComponent<Props>,
        this.props as Props & { children?: ComponentChildren },
      );
    }
  }
  return (props) => h(Memo, props as never);
}
