import { visible } from '../../../../src/base/terminal.ts'
import { spanText } from '../../../../src/exporters/words.ts'
import type { CoverageAnswer } from '../../../../src/server/api.ts'
import { Panel } from '../../parts/panel.tsx'
import { Pill } from '../../parts/pill.tsx'
import { LogText } from '../../parts/text.tsx'
import './clocks.css'

export interface Clock {
  readonly domain: string
  readonly offsetMs: number
  readonly driftPpm: number
  readonly sdMs: number
  readonly aligned: boolean
  readonly note: string
}

export function ClocksPanel({ clocks }: { clocks: CoverageAnswer['clocks'] }) {
  return (
    <Panel title="Clocks" lead="How far each runs from the traces, and how well that is known.">
      {clocks.length === 0 ? (
        <p className="quiet">No record carries a time.</p>
      ) : (
        <ClockList clocks={clocks} />
      )}
    </Panel>
  )
}

export function ClockList({ clocks }: { clocks: readonly Clock[] }) {
  return (
    <ul className="clocks">
      {clocks.map(({ domain, offsetMs, driftPpm, sdMs, aligned, note }) => (
        <li key={domain}>
          <Pill tone={aligned ? 'allowed' : 'high'}>{aligned ? 'aligned' : 'in doubt'}</Pill>
          <div>
            <p>
              <b>{visible(domain.slice(0, 100))}</b> {offsetText(offsetMs)}
              <span className="quiet">
                , ± {spanText(sdMs)}
                {driftPpm !== 0 && `, drifts by ${Number(driftPpm.toPrecision(3))} ppm`}
              </span>
            </p>
            <small>
              <LogText text={note} max={300} />
            </small>
          </div>
        </li>
      ))}
    </ul>
  )
}

function offsetText(ms: number): string {
  if (ms === 0) return 'agrees'
  return `${spanText(Math.abs(ms))} ${ms > 0 ? 'ahead' : 'behind'}`
}
