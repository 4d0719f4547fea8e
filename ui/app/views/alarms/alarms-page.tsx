import type { ViewProps } from '../../shell/main-view.tsx'
import { AlarmTable } from './alarm-table.tsx'
import { Why } from './why.tsx'
import './alarms.css'

/** The events of a source, or why the one that the address names happened. */
export function AlarmsPage({ source, id }: ViewProps) {
  return id === undefined ? <AlarmTable source={source} /> : <Why key={id} source={source} asked={id} />
}
