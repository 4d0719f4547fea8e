import { useMemo } from 'react'
import { offsetMinutes } from '../format/moment.ts'
import { changeSettings, useSettings } from '../state/settings.ts'

/** UTC, this computer's zone, or any that the browser knows. */
export function ZoneSelect() {
  const { zone } = useSettings()
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC'), [])
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <label className="zone">
      <span className="unseen">Time zone</span>
      <select value={zone} onChange={(event) => changeSettings({ zone: event.target.value })}>
        <option value="UTC">UTC</option>
        <option value="local">local ({here || shown(offsetMinutes(Date.now() * 1000, 'local'))})</option>
        <optgroup label="Zones">
          {zones.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  )
}

function shown(minutes: number): string {
  return `UTC${minutes < 0 ? '−' : '+'}${Math.abs(minutes / 60)}`
}
