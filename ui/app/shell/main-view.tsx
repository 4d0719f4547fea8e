// The view that the address names. Each is a script of its own, loaded when first opened.

import { type ComponentType, lazy, Suspense, useEffect, useRef } from 'react'
import { visible } from '../../../src/base/terminal.ts'
import { useRoom, useSource } from '../net/sources.ts'
import { Empty, Loading, ProblemPanel } from '../parts/states.tsx'
import { Link } from '../routing/link.tsx'
import { usePlace } from '../routing/navigate.ts'
import { isSourceView, type SourceView } from '../routing/place.ts'
import { Boundary } from './boundary.tsx'
import { viewTitles } from './titles.ts'

/** What every view is handed. */
export interface ViewProps {
  /** Id of the source. */
  readonly source: string
  /** Of the one thing that the address names. */
  readonly id: string | undefined
}

const pages: Readonly<Record<SourceView, ComponentType<ViewProps>>> = {
  run: lazy(async () => ({ default: (await import('../views/run/run-page.tsx')).RunPage })),
  follow: lazy(async () => ({ default: (await import('../views/follow/follow-page.tsx')).FollowPage })),
  incidents: lazy(async () => ({
    default: (await import('../views/incidents/incidents-page.tsx')).IncidentsPage,
  })),
  alarms: lazy(async () => ({ default: (await import('../views/alarms/alarms-page.tsx')).AlarmsPage })),
  calls: lazy(async () => ({ default: (await import('../views/alarms/call-page.tsx')).CallPage })),
  timeline: lazy(async () => ({ default: (await import('../timeline/timeline-page.tsx')).TimelinePage })),
  episodes: lazy(async () => ({
    default: (await import('../views/episodes/episodes-page.tsx')).EpisodesPage,
  })),
  compare: lazy(async () => ({ default: (await import('../views/episodes/compare-page.tsx')).ComparePage })),
  egress: lazy(async () => ({ default: (await import('../views/egress/egress-page.tsx')).EgressPage })),
  query: lazy(async () => ({ default: (await import('../views/query/query-page.tsx')).QueryPage })),
  coverage: lazy(async () => ({
    default: (await import('../views/coverage/coverage-page.tsx')).CoveragePage,
  })),
  contain: lazy(async () => ({ default: (await import('../views/contain/contain-page.tsx')).ContainPage })),
}
const OverviewPage = lazy(async () => ({
  default: (await import('../views/overview/overview-page.tsx')).OverviewPage,
}))
const SourcesPage = lazy(async () => ({
  default: (await import('../views/sources/sources-page.tsx')).SourcesPage,
}))

export function Main() {
  const place = usePlace()
  const source = useSource(place?.source)
  const main = useRef<HTMLElement>(null)
  const title = place ? viewTitles[place.view] : 'No such page'
  const name = `${place?.source ?? ''} ${place?.view ?? ''}`
  const isFirst = useRef(true)

  useEffect(() => {
    document.title = source
      ? `${title} – ${visible(source.title.slice(0, 80))} – Vigiles`
      : `${title} – Vigiles`
  }, [title, source])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another view has the focus start at its beginning.
  useEffect(() => {
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true })
      scrollTo(0, 0)
    }
    isFirst.current = false
  }, [name])

  return (
    <main id="main" ref={main} tabIndex={-1}>
      <Boundary key={name}>
        <Suspense fallback={<Loading what={`Opening ${title}…`} />}>
          <Chosen />
        </Suspense>
      </Boundary>
    </main>
  )
}

function Chosen() {
  const place = usePlace()
  const { sources } = useRoom()
  const source = useSource(place?.source)
  if (!place) {
    return (
      <>
        <h1>No such page</h1>
        <Empty title="This address leads nowhere.">
          <Link to={{ view: 'overview' }}>Go to the overview</Link>
        </Empty>
      </>
    )
  }
  if (!isSourceView(place.view) || place.source === undefined) {
    return place.view === 'sources' ? <SourcesPage /> : <OverviewPage />
  }
  if (source?.problem) {
    return (
      <>
        <h1>{visible(source.title.slice(0, 200))}</h1>
        <ProblemPanel problem={source.problem} onRetry={sources.reload} />
      </>
    )
  }
  // Whoever looks for the run of a stream, by a key or from a finding, wants the stream.
  const Page = pages[place.view === 'run' && source?.kind === 'follow' ? 'follow' : place.view]
  return <Page key={place.source} source={place.source} id={place.id} />
}
