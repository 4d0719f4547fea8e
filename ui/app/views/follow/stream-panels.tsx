import { visible } from '../../../../src/base/terminal.ts'
import { count, counted } from '../../../../src/exporters/words.ts'
import type { FollowStateAnswer } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { KeyValues } from '../../parts/key-values.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Severity, severityOrder } from '../../parts/pill.tsx'
import { Link } from '../../routing/link.tsx'
import { useRange } from '../../routing/navigate.ts'
import { isWithin } from '../run/within.ts'

const listMax = 12

interface IncidentsPanelProps {
  readonly incidents: FollowStateAnswer['incidents']
  readonly source: string
}

/** Incidents of the stream so far, the gravest first. */
export function IncidentsPanel({ incidents, source }: IncidentsPanelProps) {
  const range = useRange()
  const sorted = incidents
    .filter(({ lastSeen }) => isWithin(lastSeen, range))
    .toSorted(
      (a, b) =>
        severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity) ||
        (a.lastSeen < b.lastSeen ? 1 : -1),
    )
  return (
    <Panel title="Incidents" tools={<Link to={{ view: 'incidents', source }}>all, with their story</Link>}>
      {sorted.length === 0 ? (
        <p className="quiet">Nothing was found{incidents.length > 0 && ' in this span'}.</p>
      ) : (
        <ul className="rows">
          {sorted.slice(0, listMax).map((incident) => (
            <li key={incident.uid}>
              <Severity severity={incident.severity} />
              <div>
                <b>{visible(incident.title.slice(0, 300))}</b>
                <small>
                  {visible(incident.detections.join(', ').slice(0, 200))};{' '}
                  {counted(incident.boxes.length, 'sandbox', 'sandboxes')},{' '}
                  {counted(incident.destinations.length, 'destination')}
                </small>
              </div>
              <Moment iso={incident.lastSeen} />
            </li>
          ))}
        </ul>
      )}
      {sorted.length > listMax && <p className="quiet">And {count(sorted.length - listMax)} more.</p>}
    </Panel>
  )
}

/** What made room for newer, by the server's word for it. */
const evictedWords: Readonly<Record<string, string>> = {
  events: 'Events let go',
  calls: 'Calls let go',
  again: 'Not looked at again',
  answerBytes: 'Answers let go',
  detections: 'Findings let go',
  spoolBytes: 'Received, let go',
}

/** What is received over the network, what was refused there, and what made room for newer. */
export function LossPanel({ state: { listening, received, evicted } }: { state: FollowStateAnswer }) {
  const gone = Object.entries(evicted).filter(([, n]) => n > 0)
  return (
    <Panel
      title="Received and let go"
      lead="Everything that is kept has a maximum; what made room is counted."
    >
      <KeyValues
        rows={[
          ['Syslog', <Received key="s" at={listening.syslog} {...received.syslog} />],
          ['OTLP/HTTP', <Received key="o" at={listening.otlp} {...received.otlp} />],
          ...(gone.length === 0
            ? [
                [
                  'Let go',
                  <span key="none" className="quiet">
                    nothing yet
                  </span>,
                ] as const,
              ]
            : gone.map(
                ([what, n]) =>
                  [
                    evictedWords[what] ?? visible(what.slice(0, 60)),
                    what.endsWith('Bytes') ? bytesText(n) : count(n),
                  ] as const,
              )),
        ]}
      />
    </Panel>
  )
}

interface ReceivedProps {
  readonly at: string | null
  readonly records: number
  readonly bytes: number
  readonly dropped: number
}

function Received({ at, records, bytes, dropped }: ReceivedProps) {
  if (at === null) return <span className="quiet">does not listen</span>
  return (
    <>
      <code>{visible(at.slice(0, 100))}</code>: {counted(records, 'record')}, {bytesText(bytes)}
      {dropped > 0 && <b className="tone-high">, {count(dropped)} refused</b>}
    </>
  )
}
