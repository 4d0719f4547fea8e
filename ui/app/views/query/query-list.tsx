import { useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import type { SavedAnswer, SavedQuery } from '../../../../src/server/api.ts'
import { act } from '../../net/client.ts'
import { useWhyNot } from '../../net/sources.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'

interface QueryListProps {
  readonly queries: readonly SavedQuery[]
  readonly picked: string | undefined
  readonly onPick: (query: SavedQuery) => void
  readonly onChange: (answer: SavedAnswer) => void
}

/** Queries to start with, then those that were saved here. A click runs one. */
export function QueryList({ queries, picked, onPick, onChange }: QueryListProps) {
  const whyNot = useWhyNot()
  const [removed, setRemoved] = useState<SavedQuery>()
  const own = queries.filter((query) => query.own)
  const starters = queries.filter((query) => !query.own)
  const row = (query: SavedQuery) => (
    <li key={query.id}>
      <button
        type="button"
        className="query-pick"
        aria-current={query.id === picked ? 'true' : undefined}
        title={visible(query.says.slice(0, 1_000), true)}
        onClick={() => onPick(query)}
      >
        {visible(query.title.slice(0, 200))}
      </button>
      {query.own && (
        <button
          type="button"
          className="small"
          disabled={whyNot !== undefined}
          title={whyNot}
          aria-label={`Remove ${visible(query.title.slice(0, 200))}`}
          onClick={() => setRemoved(query)}
        >
          ✕
        </button>
      )}
    </li>
  )
  return (
    <>
      {own.length > 0 && (
        <>
          <h3>Saved here</h3>
          <ul className="query-list">{own.map(row)}</ul>
          <h3>To start with</h3>
        </>
      )}
      <ul className="query-list">{starters.map(row)}</ul>
      {removed && (
        <ConfirmDialog
          title="Remove a saved query?"
          label="Remove"
          isGrave
          onConfirm={async () =>
            onChange(await act<SavedAnswer>('DELETE', `/queries/${encodeURIComponent(removed.id)}`))
          }
          onClose={() => setRemoved(undefined)}
        >
          <p>
            <b>{visible(removed.title.slice(0, 200))}</b> is removed for everybody who uses this server.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}
