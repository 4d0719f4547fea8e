import { useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import type { PolicyProposal } from '../../../../src/server/api.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { Diff } from '../../parts/diff.tsx'
import { Pill } from '../../parts/pill.tsx'
import { LogText } from '../../parts/text.tsx'

interface ProposalProps {
  readonly proposal: PolicyProposal
  /** Another one is on its way: this one can't be saved any more. */
  readonly isStale: boolean
  readonly onFile: (path: string) => void
  readonly onSave: () => Promise<void>
}

const fromWords = { run: 'the policy of this run', state: 'of this computer' } as const

/** The file it goes to, the difference, and what is decided before and after. */
export function Proposal({ proposal, isStale, onFile, onSave }: ProposalProps) {
  const { file, files, item, diff, verdictBefore, verdictAfter, explanation, notes } = proposal
  const [isAsking, setAsking] = useState(false)
  return (
    <div className={isStale ? 'proposal dimmed' : 'proposal'} aria-busy={isStale}>
      <label className="rule-file">
        Policy file
        <select value={file.path} onChange={(event) => onFile(event.target.value)}>
          {files.map(({ path, exists, from }) => (
            <option key={path} value={path}>
              {visible(path.slice(-80))} ({exists ? fromWords[from] : 'new'})
            </option>
          ))}
        </select>
      </label>
      <Diff text={diff} label="What would change in the file" />
      <p className="verdicts">
        <Pill tone={verdictBefore}>{verdictBefore}</Pill> before,{' '}
        <Pill tone={verdictAfter}>{verdictAfter}</Pill> after
      </p>
      <details open={verdictBefore === verdictAfter}>
        <summary>How it would be decided</summary>
        <ul className="explanation">
          {explanation.map((line) => (
            <li key={line}>
              <LogText text={line} />
            </li>
          ))}
        </ul>
      </details>
      <ul className="plain-list">
        {notes.map((note) => (
          <li key={note}>
            <LogText text={note} max={600} />
          </li>
        ))}
      </ul>
      <p>
        <button type="button" className="primary" disabled={isStale} onClick={() => setAsking(true)}>
          Save the rule…
        </button>
      </p>
      {isAsking && (
        <ConfirmDialog
          title="Save this rule?"
          label={file.exists ? 'Save the rule' : 'Make the file with this rule'}
          onConfirm={onSave}
          onClose={() => setAsking(false)}
        >
          <p>
            <code>{visible(item.slice(0, 400))}</code> goes into{' '}
            <code>{visible(file.path.slice(0, 400))}</code>
            {file.exists ? '; the text as it is now is kept beside it.' : ', which is made for it.'}
          </p>
          <p>
            The destination is <b>{verdictBefore}</b> by this policy now and <b>{verdictAfter}</b> afterwards.
          </p>
          {notes.map((note) => (
            <p key={note} className="quiet">
              <LogText text={note} max={600} />
            </p>
          ))}
        </ConfirmDialog>
      )}
    </div>
  )
}
