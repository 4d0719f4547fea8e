// What stands where there is nothing to show yet, nothing at all, or a reason why not.

import type { ReactNode } from 'react'
import { visible } from '../../../src/base/terminal.ts'
import type { ProblemText } from '../net/client.ts'
import type { Loaded } from '../net/use-load.ts'

/** What went wrong, in the words of whoever knows: what, why, and what to do. */
export function ProblemPanel({ problem, onRetry }: { problem: ProblemText; onRetry?: () => void }) {
  return (
    <div className="problem" role="alert">
      <p className="problem-what">{visible(problem.what, true)}</p>
      {problem.why && <p>{visible(problem.why, true)}</p>}
      {problem.fix && <p className="problem-fix">{visible(problem.fix, true)}</p>}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Says that there is nothing, and what to do to get something. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children && <div className="empty-text">{children}</div>}
    </div>
  )
}

export function Loading({ what }: { what: string }) {
  return (
    <p className="loading" role="status">
      <span className="loading-mark" aria-hidden="true" />
      {what}
    </p>
  )
}

/** The answer once it is there; before, that it is being asked for; or why there is none. */
export function Await<T>({
  loaded,
  what,
  children,
}: {
  loaded: Loaded<T>
  /** `Reading the incidents…` */
  what: string
  children: (value: T) => ReactNode
}) {
  const { value, problem, reload } = loaded
  return (
    <>
      {problem && <ProblemPanel problem={problem} onRetry={reload} />}
      {value !== undefined && children(value)}
      {value === undefined && !problem && <Loading what={what} />}
    </>
  )
}
