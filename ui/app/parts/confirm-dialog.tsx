import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { type ProblemText, problemTextOf } from '../net/client.ts'
import { Dialog } from './dialog.tsx'
import { ProblemPanel } from './states.tsx'

interface ConfirmProps {
  readonly title: string
  /** Exactly what will happen, and to what. */
  readonly children: ReactNode
  /** On the button: the act itself, never OK. */
  readonly label: string
  /** Where it can't be undone, the word that has to be typed. */
  readonly typed?: string
  readonly isGrave?: boolean
  /** Resolves when it is done; what it throws is shown and the dialog stays. */
  readonly onConfirm: () => Promise<void>
  readonly onClose: () => void
}

export function ConfirmDialog({ title, children, label, typed, isGrave, onConfirm, onClose }: ConfirmProps) {
  const [word, setWord] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ProblemText>()
  const field = useId()
  const isReady = typed === undefined || word.trim() === typed
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!isReady || isBusy) return
    setBusy(true)
    setProblem(undefined)
    try {
      await onConfirm()
      onClose()
    } catch (error) {
      setProblem(problemTextOf(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <div className="dialog-text">{children}</div>
        {typed !== undefined && (
          <p className="dialog-typed">
            <label htmlFor={field}>
              This can’t be undone. Type <b>{typed}</b> to go on:
            </label>
            <input
              id={field}
              value={word}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setWord(event.target.value)}
            />
          </p>
        )}
        {problem && <ProblemPanel problem={problem} />}
        <div className="dialog-buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={isGrave ? 'grave' : 'primary'} disabled={!isReady || isBusy}>
            {isBusy ? 'Working…' : label}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
