import { CopyButton } from './copy-button.tsx'
import { LogText } from './text.tsx'

/** A command or a piece of a log, as it was written. */
export function CodeBlock({ text, label, max = 2_000 }: { text: string; label: string; max?: number }) {
  return (
    <div className="code-block">
      <pre tabIndex={0} aria-label={label}>
        <LogText text={text} max={max} keepLines />
      </pre>
      <CopyButton text={text} label={`Copy: ${label}`} />
    </div>
  )
}
