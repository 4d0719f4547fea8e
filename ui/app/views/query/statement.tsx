import type { RefObject } from 'react'
import { spanText } from '../../../../src/exporters/words.ts'
import { usOf } from '../../format/moment.ts'
import { useWhyNot } from '../../net/sources.ts'
import { useTick } from '../../net/use-tick.ts'
import { useRange } from '../../routing/navigate.ts'
import { isoOf, type Range } from '../../routing/range.ts'
import type { Query } from './use-query.ts'

const sqlMax = 100_000

interface StatementProps {
  readonly sql: string
  readonly onChange: (sql: string) => void
  readonly field: RefObject<HTMLTextAreaElement | null>
  readonly query: Query
  readonly onRun: () => void
  readonly onInsert: (text: string) => void
  readonly onSave: () => void
}

export function Statement({ sql, onChange, field, query, onRun, onInsert, onSave }: StatementProps) {
  const whyNot = useWhyNot()
  const isEmpty = sql.trim() === ''
  const { isRunning } = query
  const range = useRange()
  return (
    <form
      className="statement"
      onSubmit={(event) => {
        event.preventDefault()
        onRun()
      }}
    >
      <textarea
        ref={field}
        data-filter
        aria-label="SQL statement; Ctrl and Enter run it"
        value={sql}
        rows={Math.max(6, Math.min(14, sql.split('\n').length + 1))}
        maxLength={sqlMax}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          onRun()
        }}
      />
      <div className="statement-tools">
        <button type="submit" className="primary" disabled={isEmpty}>
          Run
        </button>
        {isRunning && (
          <button type="button" onClick={query.cancel}>
            Cancel
          </button>
        )}
        <span className="quiet" role="status">
          {isRunning ? <Elapsed since={query.startedAt ?? 0} /> : <kbd>Ctrl Enter</kbd>}
        </span>
        <span className="statement-end">
          {range && (
            <button type="button" onClick={() => onInsert(conditionOf(range))}>
              Insert the chosen span
            </button>
          )}
          <button type="button" disabled={isEmpty || whyNot !== undefined} title={whyNot} onClick={onSave}>
            Save…
          </button>
          {(['csv', 'parquet'] as const).map((format) => (
            <button
              key={format}
              type="button"
              disabled={isEmpty || isRunning}
              title="The whole result, not only what is shown"
              onClick={() => void query.save(sql, format)}
            >
              {format === 'csv' ? 'CSV' : 'Parquet'}
            </button>
          ))}
        </span>
      </div>
    </form>
  )
}

function Elapsed({ since }: { since: number }) {
  useTick(200)
  return <>Working, {spanText(Math.floor((Date.now() - since) / 100) * 100)}</>
}

/** Both ends come from the address, so they are read and written anew. */
function conditionOf({ from, to }: Range): string {
  const stamp = (iso: string) =>
    `TIMESTAMP '${isoOf(usOf(iso) ?? 0)
      .replace('T', ' ')
      .replace('Z', '')}'`
  return ` time >= ${stamp(from)} AND time < ${stamp(to)} `
}
