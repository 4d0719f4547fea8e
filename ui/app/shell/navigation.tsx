import { visible } from '../../../src/base/terminal.ts'
import { useSource } from '../net/sources.ts'
import { Link } from '../routing/link.tsx'
import { usePlace } from '../routing/navigate.ts'
import type { View } from '../routing/place.ts'
import { Icon, Mark } from './icons.tsx'
import { entryOf, navigationOf, viewTitles } from './titles.ts'

const wide: readonly View[] = ['overview', 'sources']

export function Navigation({ version }: { version: string }) {
  const place = usePlace()
  const source = useSource(place?.source)
  const entry = place && entryOf(place.view)
  return (
    <nav className="nav" aria-label="Views">
      <Link to={{ view: 'overview' }} className="brand">
        <Mark />
        <b>Vigiles</b>
      </Link>
      <ul>
        {wide.map((view) => (
          <li key={view}>
            <Link to={{ view }} aria-current={view === entry ? 'page' : undefined}>
              <Icon name={view} />
              {viewTitles[view]}
            </Link>
          </li>
        ))}
      </ul>
      {place?.source !== undefined && (
        <>
          <p className="nav-source" title={source && visible(source.folder)}>
            {source ? visible(source.title.slice(0, 60)) : 'Source'}
          </p>
          <ul>
            {navigationOf(source?.kind).map((view) => (
              <li key={view}>
                <Link
                  to={{ view, source: place.source ?? '' }}
                  aria-current={view === entry ? 'page' : undefined}
                >
                  <Icon name={view} />
                  {viewTitles[view]}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
      <p className="nav-foot">Version {version}</p>
    </nav>
  )
}
