// Text that somebody else wrote: what does not print is spelled out, what is long is cut with a way to see all of it.

import { useState } from 'react'
import { visible } from '../../../src/base/terminal.ts'

/** Longest text put into the page at once; a log line can be a megabyte. */
const wholeMax = 200_000

interface LogTextProps {
  readonly text: string
  /** Characters shown before the cut. */
  readonly max?: number
  readonly keepLines?: boolean
}

/** A text from a log, inline. */
export function LogText({ text, max = 400, keepLines = false }: LogTextProps) {
  const [isWhole, setWhole] = useState(false)
  if (text.length <= max) return <>{visible(text, keepLines)}</>
  const shown = isWhole ? text.slice(0, wholeMax) : text.slice(0, max)
  const left = text.length - shown.length
  return (
    <>
      {visible(shown, keepLines)}
      {left > 0 && '…'}{' '}
      {isWhole ? (
        <>
          {left > 0 && (
            <span className="quiet">{left.toLocaleString('en')} more characters are not shown </span>
          )}
          <button type="button" className="inline" onClick={() => setWhole(false)}>
            show less
          </button>
        </>
      ) : (
        <button type="button" className="inline" onClick={() => setWhole(true)}>
          show all {text.length.toLocaleString('en')} characters
        </button>
      )}
    </>
  )
}

/** One line of it, cut by the width there is; the whole text stands in the title. */
export function Clip({ text, code = false }: { text: string; code?: boolean }) {
  const shown = visible(text.slice(0, 1_000))
  const title = visible(text.slice(0, 4_000), true)
  return code ? (
    <code className="clip" title={title}>
      {shown}
    </code>
  ) : (
    <span className="clip" title={title}>
      {shown}
    </span>
  )
}
