// What people say of an incident: who looks after it, how it stands, and a diary of comments.

import { type FormEvent, useId, useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import type { IncidentNotes, NewNote } from '../../../../src/server/api.ts'
import { act, type ProblemText, problemTextOf } from '../../net/client.ts'
import { useWhyNot } from '../../net/sources.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill } from '../../parts/pill.tsx'
import { ProblemPanel } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'

const statuses = ['open', 'investigating', 'contained', 'closed', 'false-positive'] as const
const nameKey = 'vigiles.name'

interface PeopleProps {
  readonly path: string
  readonly notes: IncidentNotes
  readonly onChange: () => void
}

export function People({ path, notes, onChange }: PeopleProps) {
  const whyNot = useWhyNot()
  const [by, setBy] = useState(() => localStorage.getItem(nameKey) ?? '')
  const [comment, setComment] = useState('')
  const [problem, setProblem] = useState<ProblemText>()
  const [isBusy, setBusy] = useState(false)
  const ids = { by: useId(), comment: useId(), status: useId(), assignee: useId(), tags: useId() }
  const send = async (note: Omit<NewNote, 'by'>) => {
    if (isBusy) return false
    setBusy(true)
    setProblem(undefined)
    try {
      localStorage.setItem(nameKey, by)
      await act<IncidentNotes>('POST', path, { by: by.trim(), ...note })
      onChange()
      return true
    } catch (error) {
      setProblem(problemTextOf(error))
      return false
    } finally {
      setBusy(false)
    }
  }
  const say = async (event: FormEvent) => {
    event.preventDefault()
    if (comment.trim() !== '' && (await send({ comment: comment.trim() }))) setComment('')
  }
  const isLocked = whyNot !== undefined || by.trim() === ''
  return (
    <Panel
      title="People"
      className="people"
      lead={whyNot ?? (by.trim() === '' ? 'Say who you are to write here.' : undefined)}
    >
      <div className="people-fields">
        <label htmlFor={ids.by}>Your name</label>
        <input
          id={ids.by}
          value={by}
          maxLength={100}
          disabled={whyNot !== undefined}
          onChange={(event) => setBy(event.target.value)}
        />
        <label htmlFor={ids.status}>Status</label>
        <select
          id={ids.status}
          value={notes.status}
          disabled={isLocked}
          onChange={(event) => {
            const status = statuses.find((one) => one === event.target.value)
            if (status) void send({ status })
          }}
        >
          {statuses.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
        <label htmlFor={ids.assignee}>Looks after it</label>
        <input
          id={ids.assignee}
          key={notes.assignee}
          defaultValue={notes.assignee ?? ''}
          maxLength={100}
          disabled={isLocked}
          onBlur={(event) => {
            const assignee = event.target.value.trim()
            if (assignee !== (notes.assignee ?? '')) void send({ assignee })
          }}
        />
        <label htmlFor={ids.tags}>Tags</label>
        <input
          id={ids.tags}
          key={notes.tags.join()}
          defaultValue={notes.tags.join(', ')}
          disabled={isLocked}
          placeholder="night, gpu"
          onBlur={(event) => {
            const tags = event.target.value
              .split(',')
              .map((tag) => tag.trim())
              .filter(Boolean)
            if (tags.join() !== notes.tags.join()) void send({ tags })
          }}
        />
      </div>
      <ul className="comments">
        {notes.entries.map((entry) => (
          <li key={`${entry.time} ${entry.by}`}>
            <small>
              <b>{visible(entry.by)}</b> <Moment iso={entry.time} />
            </small>
            {entry.comment !== undefined && (
              <p>
                <LogText text={entry.comment} max={2_000} keepLines />
              </p>
            )}
            <small>
              {entry.status !== undefined && <Pill tone={entry.status}>{entry.status}</Pill>}{' '}
              {entry.assignee !== undefined &&
                (entry.assignee === '' ? 'with nobody' : `with ${visible(entry.assignee)}`)}{' '}
              {entry.tags?.map((tag) => (
                <span key={tag} className="tag">
                  {visible(tag)}
                </span>
              ))}
            </small>
          </li>
        ))}
      </ul>
      <form onSubmit={say}>
        <label htmlFor={ids.comment}>Comment</label>
        <textarea
          id={ids.comment}
          value={comment}
          rows={3}
          maxLength={10_000}
          disabled={isLocked}
          onChange={(event) => setComment(event.target.value)}
        />
        <button type="submit" className="primary" disabled={isLocked || isBusy || comment.trim() === ''}>
          Add the comment
        </button>
      </form>
      {problem && <ProblemPanel problem={problem} />}
    </Panel>
  )
}
