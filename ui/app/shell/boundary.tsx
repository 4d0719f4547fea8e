import { Component, type ReactNode } from 'react'
import { ProblemPanel } from '../parts/states.tsx'

/** A view that fails says so in its place; the rest of the page goes on. */
export class Boundary extends Component<{ children: ReactNode }, { failed?: unknown }> {
  override state: { failed?: unknown } = {}

  static getDerivedStateFromError(failed: unknown): { failed: unknown } {
    return { failed }
  }

  override render(): ReactNode {
    const { failed } = this.state
    if (failed === undefined) return this.props.children
    return (
      <ProblemPanel
        problem={{
          what: 'This view failed.',
          why: failed instanceof Error ? failed.message : String(failed),
          fix: 'Load the page again; please report it if it comes back.',
        }}
        onRetry={() => this.setState({})}
      />
    )
  }
}
