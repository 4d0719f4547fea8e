import { visible } from '../../../src/base/terminal.ts'

/** Lines of a unified diff, each marked by its sign and its colour. */
export function Diff({ text, label }: { text: string; label: string }) {
  const lines = text.replace(/\n$/, '').split('\n').slice(0, 2_000)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keys.
    <section className="diff" tabIndex={0} aria-label={label}>
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name and never change places.
        <span key={i} className={kindOf(line)}>
          {visible(line, true)}
          {'\n'}
        </span>
      ))}
    </section>
  )
}

function kindOf(line: string): string {
  if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('@@')) return 'diff-head'
  if (line.startsWith('+')) return 'diff-added'
  return line.startsWith('-') ? 'diff-taken' : ''
}
