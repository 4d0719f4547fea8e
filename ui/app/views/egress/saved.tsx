import type { PolicySaved } from '../../../../src/server/api.ts'
import { LogText } from '../../parts/text.tsx'

/** That the rule is in the file, where the text before is kept, and from when on it holds. */
export function Saved({ saved, onClose }: { saved: PolicySaved; onClose: () => void }) {
  return (
    <div className="saved" role="status">
      <p>
        <b>Saved</b> in{' '}
        <code>
          <LogText text={saved.file} />
        </code>
        .
      </p>
      {saved.backup !== null && (
        <p>
          The text before is kept in{' '}
          <code>
            <LogText text={saved.backup} />
          </code>
          .
        </p>
      )}
      {saved.notes.map((note) => (
        <p key={note}>
          <LogText text={note} />
        </p>
      ))}
      <button type="button" className="small" onClick={onClose}>
        Dismiss
      </button>
    </div>
  )
}
