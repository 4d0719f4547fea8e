import { Dialog } from '../parts/dialog.tsx'
import { jumps } from './keys.ts'
import { viewTitles } from './titles.ts'

const others: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'to the filter of the view'],
  ['?', 'this list'],
  ['↑ ↓ PgUp PgDn Home End', 'from row to row of a table'],
  ['Enter', 'opens a row'],
  ['Esc', 'closes details, menus and dialogs'],
]

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="pairs keys-list">
        {Object.entries(jumps).map(([key, view]) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{viewTitles[view]}</dd>
          </div>
        ))}
        {others.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p className="quiet">On the timeline: W A S D and the arrows zoom and pan once it has the focus.</p>
      <div className="dialog-buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  )
}
