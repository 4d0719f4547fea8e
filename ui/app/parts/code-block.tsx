import { CopyButton } from './copy-button.tsx'
import { LogText } from './text.tsx'

/** A command or a piece of a log, as it was written. */
export function CodeBlock({ text, label, max = 2_000 }: { text: string; label: string; max?: number }) {
  return (
    <section className="code-block" aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keys. */}
      <pre tabIndex={0}>
        <LogText text={text} max={max} keepLines />
      </pre>
      <CopyButton text={text} label={`Copy: ${label}`} />
    </section>
  )
}
