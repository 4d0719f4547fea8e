import { count, pText } from '../../../src/exporters/words.ts'
import type { FoundItem } from '../../timeline/tiled-source.ts'
import { Drawer } from '../parts/drawer.tsx'
import { KeyValues } from '../parts/key-values.tsx'
import { Moment } from '../parts/moment.tsx'
import { LogText } from '../parts/text.tsx'
import { Link } from '../routing/link.tsx'
import { isoOf } from '../routing/range.ts'

interface ItemDrawerProps {
  readonly source: string
  readonly found: FoundItem
  readonly onClose: () => void
  /** To another item, by its number. */
  readonly onGo: (id: string) => void
}

/** Everything the case knows of one call, event, finding or incident, with the ways on. */
export function ItemDrawer({ source, found, onClose, onGo }: ItemDrawerProps) {
  const { item, kind, uid, title, facts, episode, links, moreLinks } = found
  const causes = links.filter(({ isCause }) => isCause)
  const effects = links.filter(({ isCause }) => !isCause)
  return (
    <Drawer title={kindWords[kind] ?? kind} onClose={onClose} about={uid}>
      <div className="timeline-drawer">
        <pre>
          <LogText text={title} keepLines />
        </pre>
        <p>
          {isEvent(kind) && <Link to={{ view: 'alarms', source, id: uid }}>Why this call?</Link>}
          {kind === 'call' && <Link to={{ view: 'calls', source, id: uid }}>This call</Link>}
          {kind === 'incident' && <Link to={{ view: 'incidents', source, id: uid }}>This incident</Link>}
          {episode !== null && (
            <>
              {' · '}
              <Link to={{ view: 'episodes', source, params: { text: episode } }}>Its episode</Link>
            </>
          )}
        </p>
        <KeyValues
          rows={[
            ['Began', <Moment key="from" iso={isoOf(item.from)} digits={6} />],
            ['Ended', item.length > 0 && <Moment key="to" iso={isoOf(item.from + item.length)} digits={6} />],
            ...facts.map(({ label, value }) => [label, <LogText key={label} text={value} />] as const),
          ]}
        />
        <Links title={isEvent(kind) ? 'May have been caused by' : 'Calls'} links={causes} onGo={onGo} />
        <Links title={kind === 'call' ? 'May have caused' : 'Rests on'} links={effects} onGo={onGo} />
        {moreLinks > 0 && <p className="quiet">and {count(moreLinks)} more</p>}
      </div>
    </Drawer>
  )
}

function Links({
  title,
  links,
  onGo,
}: {
  title: string
  links: FoundItem['links']
  onGo: (id: string) => void
}) {
  if (links.length === 0) return null
  return (
    <>
      <h3>
        {title}: {count(links.length)}
      </h3>
      <ul className="timeline-drawer-links">
        {links.slice(0, 40).map(({ item, p, uid }) => (
          <li key={uid}>
            <button type="button" className="jump" onClick={() => onGo(`#${item.item}`)}>
              {p < 1 && <b>p {pText(p)} </b>}
              <LogText text={item.label} max={120} />
            </button>
          </li>
        ))}
      </ul>
      {links.length > 40 && <p className="quiet">and {count(links.length - 40)} more</p>}
    </>
  )
}

function isEvent(kind: string): boolean {
  return kind === 'alarm' || kind === 'connection' || kind === 'dns' || kind === 'api'
}

const kindWords: Readonly<Record<string, string>> = {
  call: 'Tool call',
  process: 'Process',
  connection: 'Connection',
  dns: 'DNS query',
  api: 'Record',
  incident: 'Incident',
  finding: 'Finding',
  response: 'Response',
  alarm: 'Alarm',
}
