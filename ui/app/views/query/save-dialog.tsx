import { useId, useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import type { SavedAnswer, SavedQuery } from '../../../../src/server/api.ts'
import { act } from '../../net/client.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'

interface SaveDialogProps {
  readonly sql: string
  /** A saved one that was chosen before: it may be replaced. */
  readonly over: SavedQuery | undefined
  readonly onSaved: (answer: SavedAnswer, query: SavedQuery | undefined) => void
  readonly onClose: () => void
}

export function SaveDialog({ sql, over, onSaved, onClose }: SaveDialogProps) {
  const [title, setTitle] = useState(over?.title ?? '')
  const [says, setSays] = useState(over?.says ?? '')
  const [isOver, setOver] = useState(over !== undefined)
  const ids = { title: useId(), says: useId() }
  const save = async () => {
    const answer = await act<SavedAnswer>('POST', '/queries', {
      ...(isOver && over && { id: over.id }),
      title,
      says,
      sql,
    })
    onSaved(
      answer,
      answer.queries.findLast((query) => (isOver && over ? query.id === over.id : query.own)),
    )
  }
  return (
    <ConfirmDialog title="Save the query" label="Save" onConfirm={save} onClose={onClose}>
      <label className="save-field" htmlFor={ids.title}>
        Title
        <input
          id={ids.title}
          value={title}
          required
          maxLength={200}
          onChange={(event) => setTitle(event.target.value)}
        />
      </label>
      <label className="save-field" htmlFor={ids.says}>
        What it tells
        <input
          id={ids.says}
          value={says}
          maxLength={1_000}
          onChange={(event) => setSays(event.target.value)}
        />
      </label>
      {over && (
        <label>
          <input type="checkbox" checked={isOver} onChange={(event) => setOver(event.target.checked)} />{' '}
          instead of “{visible(over.title.slice(0, 100))}”
        </label>
      )}
      <p className="quiet">Everybody who uses this server can run it.</p>
    </ConfirmDialog>
  )
}
