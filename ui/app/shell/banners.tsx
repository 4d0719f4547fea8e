import { visible } from '../../../src/base/terminal.ts'
import { useRoom } from '../net/sources.ts'
import { Moment } from '../parts/moment.tsx'
import { Severity } from '../parts/pill.tsx'
import { Link } from '../routing/link.tsx'
import { alerts, dismiss } from '../state/alerts.ts'
import { useStore } from '../state/store.ts'

/** New critical findings, told to screen readers at once. */
export function Banners() {
  const shown = useStore(alerts)
  const { sources } = useRoom()
  const titleOf = (id: string) => sources.value?.find((source) => source.id === id)?.title ?? id
  return (
    <section className="banners" aria-label="New critical findings" aria-live="assertive">
      {shown.map((finding) => (
        <p key={`${finding.source} ${finding.uid}`} className="banner">
          <Severity severity={finding.severity} />
          <Link to={{ view: 'run', source: finding.source }} onClick={() => dismiss(finding.uid)}>
            {visible(finding.title.slice(0, 300))}
          </Link>
          <small>
            {visible(titleOf(finding.source).slice(0, 80))}, <Moment iso={finding.time} />
          </small>
          <button type="button" onClick={() => dismiss(finding.uid)} aria-label="Dismiss this finding">
            Dismiss
          </button>
        </p>
      ))}
    </section>
  )
}
