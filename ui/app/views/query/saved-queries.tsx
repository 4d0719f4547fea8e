import { type FormEvent, useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import type { SavedAnswer, SavedQuery } from '../../../../src/server/api.ts'
import { act, type ProblemText, problemTextOf } from '../../net/client.ts'
import { useWhyNot } from '../../net/sources.ts'
import type { Loaded } from '../../net/use-load.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Await, ProblemPanel } from '../../parts/states.tsx'

interface SavedQueriesProps {
  readonly saved: Loaded<SavedAnswer>
  /** What stands in the editor: it can be saved. */
  readonly sql: string
  readonly onPick: (query: SavedQuery) => void
}

/** Queries to start with, and those that people kept. */
export function SavedQueries({ saved, sql, onPick }: SavedQueriesProps) {
  const whyNot = useWhyNot()
  const [isSaving, setSaving] = useState(false)
  const [leaving, setLeaving] = useState<SavedQuery>()
  return (
    <Panel
      title="Queries"
      tools={
        <button
          type="button"
          className="small"
          disabled={whyNot !== undefined || sql.trim() === ''}
          title={whyNot}
          onClick={() => setSaving(true)}
        >
          Save this one
        </button>
      }
    >
      <Await loaded={saved} what="Reading the queries…">
        {({ queries }) => (
          <ul className="query-list">
            {queries.map((query) => (
              <li key={query.id}>
                <button type="button" className="query-pick" onClick={() => onPick(query)}>
                  <b>{visible(query.title)}</b>
                  {query.says && <small>{visible(query.says)}</small>}
                </button>
                {query.own && (
                  <button
                    type="button"
                    className="small"
                    disabled={whyNot !== undefined}
                    title={whyNot}
                    aria-label={`Remove the query ${visible(query.title)}`}
                    onClick={() => setLeaving(query)}
                  >
                    Remove
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Await>
      {isSaving && (
        <SaveDialog
          sql={sql}
          own={saved.value?.queries.filter(({ own }) => own) ?? []}
          onSaved={saved.reload}
          onClose={() => setSaving(false)}
        />
      )}
      {leaving && (
        <ConfirmDialog
          title="Remove a query"
          label="Remove it"
          onConfirm={async () => {
            await act<SavedAnswer>('DELETE', `/queries/${encodeURIComponent(leaving.id)}`)
            saved.reload()
          }}
          onClose={() => setLeaving(undefined)}
        >
          <p>
            <b>{visible(leaving.title)}</b> is removed for everybody who uses this server. The case is not
            touched.
          </p>
        </ConfirmDialog>
      )}
    </Panel>
  )
}

interface SaveDialogProps {
  readonly sql: string
  readonly own: readonly SavedQuery[]
  readonly onSaved: () => void
  readonly onClose: () => void
}

/** A title that is there already replaces that query. */
function SaveDialog({ sql, own, onSaved, onClose }: SaveDialogProps) {
  const [title, setTitle] = useState('')
  const [says, setSays] = useState('')
  const [problem, setProblem] = useState<ProblemText>()
  const same = own.find((query) => query.title === title.trim())
  const save = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await act<SavedAnswer>('POST', '/queries', {
        title: title.trim(),
        says: says.trim(),
        sql,
        id: same?.id,
      })
      onSaved()
      onClose()
    } catch (error) {
      setProblem(problemTextOf(error))
    }
  }
  return (
    <Dialog title="Save this query" onClose={onClose}>
      <form onSubmit={save} className="save-form">
        <label>
          Title
          <input value={title} maxLength={200} required onChange={(event) => setTitle(event.target.value)} />
        </label>
        <label>
          What it tells
          <input value={says} maxLength={1_000} onChange={(event) => setSays(event.target.value)} />
        </label>
        {problem && <ProblemPanel problem={problem} />}
        <div className="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={title.trim() === ''}>
            {same ? 'Replace the one of that title' : 'Save'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
