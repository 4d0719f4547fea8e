import type { ViewProps } from '../../shell/main-view.tsx'
import { IncidentStory } from './incident-story.tsx'
import { IncidentTable } from './incident-table.tsx'
import './incidents.css'

/** All incidents of a source, or the one that the address names. */
export function IncidentsPage({ source, id }: ViewProps) {
  return id === undefined ? (
    <IncidentTable source={source} />
  ) : (
    <IncidentStory key={id} source={source} uid={id} />
  )
}
