import type { SourceRow } from '../../../src/server/api.ts'
import type { Place, View } from '../routing/place.ts'

export const viewTitles: Readonly<Record<View, string>> = {
  overview: 'Overview',
  sources: 'Sources',
  run: 'Run',
  follow: 'Stream',
  incidents: 'Incidents',
  alarms: 'Alarms',
  calls: 'Tool call',
  timeline: 'Timeline',
  episodes: 'Episodes',
  compare: 'Compare episodes',
  egress: 'Egress',
  query: 'Query',
  coverage: 'Coverage',
  contain: 'Contain',
}

/** In the navigation of a source, in this order; the others are reached from within these. */
const ofSource: readonly View[] = [
  'incidents',
  'alarms',
  'timeline',
  'episodes',
  'egress',
  'query',
  'coverage',
]

/** An investigation neither runs nor can be contained; what is followed runs elsewhere. */
export function navigationOf(kind: SourceRow['kind'] | undefined): readonly View[] {
  if (kind === 'follow') return ['follow', ...ofSource]
  return kind === 'case' ? ofSource : ['run', ...ofSource, 'contain']
}

/** The entry of the navigation that a view belongs to. */
export function entryOf(view: View): View {
  if (view === 'calls') return 'alarms'
  return view === 'compare' ? 'episodes' : view
}

/** What is shown first of a source. */
export function homeOf({ id, kind, state }: Pick<SourceRow, 'id' | 'kind' | 'state'>): Place {
  if (kind === 'follow') return { view: 'follow', source: id }
  return { view: kind === 'recording' && state === 'live' ? 'run' : 'incidents', source: id }
}
