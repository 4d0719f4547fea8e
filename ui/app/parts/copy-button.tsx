import { useEffect, useState } from 'react'

/** Puts `text` on the clipboard; `label` says what it is: `Copy the command`. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, setSaid] = useState('')
  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => setSaid(''), 2_000)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      setSaid('Not allowed by the browser')
    }
  }
  return (
    <button type="button" className="small" onClick={copy} aria-label={label}>
      <span aria-live="polite">{said || 'Copy'}</span>
    </button>
  )
}
