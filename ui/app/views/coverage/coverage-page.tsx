// What the answers of a source rest on: its inputs, its clocks, what probabilities are worth, and what could be better.

import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { CoverageAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLiveTurn } from '../../net/live.ts'
import { useLoad } from '../../net/use-load.ts'
import { Await } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'
import type { ViewProps } from '../../shell/main-view.tsx'
import { CalibrationPanel } from './calibration.tsx'
import { ClocksPanel } from './clocks.tsx'
import { InputsPanel } from './inputs.tsx'
import { ReadinessPanel } from './readiness.tsx'
import { RejectsPanel } from './rejects.tsx'
import './coverage.css'

export function CoveragePage({ source }: ViewProps) {
  const turn = useLiveTurn(['source'], source)
  const loaded = useLoad(
    `coverage ${source} ${turn}`,
    (signal) => ask<CoverageAnswer>(`/sources/${encodeURIComponent(source)}/coverage`, {}, signal),
    { keep: true },
  )
  return (
    <>
      <div className="head">
        <h1>Coverage</h1>
        <p className="lead">What the answers rest on, and what could be better.</p>
      </div>
      <Await loaded={loaded} what="Reading what the inputs gave…">
        {(coverage) => <Shown coverage={coverage} />}
      </Await>
    </>
  )
}

function Shown({ coverage }: { coverage: CoverageAnswer }) {
  const { inputs, inputsLeft, rejects, clocks, calibration, readiness, lacking } = coverage
  return (
    <div className="stack coverage">
      {readiness && (
        <p className="coverage-answer">
          <LogText text={readiness.answer} max={1_000} />
        </p>
      )}
      <Figures coverage={coverage} />
      {lacking.length > 0 && (
        <ul className="problem">
          {lacking.map((text) => (
            <li key={text}>{visible(text.slice(0, 500))}</li>
          ))}
        </ul>
      )}
      <InputsPanel inputs={inputs} left={inputsLeft} />
      <div className="columns even">
        <div className="stack">
          <ClocksPanel clocks={clocks} />
          <RejectsPanel rejects={rejects} />
        </div>
        <div className="stack">{calibration && <CalibrationPanel calibration={calibration} />}</div>
      </div>
      {readiness && <ReadinessPanel readiness={readiness} />}
    </div>
  )
}

function Figures({
  coverage: { inputs, inputsLeft, rejects, clocks, readiness },
}: {
  coverage: CoverageAnswer
}) {
  const sum = (of: 'events' | 'toolCalls') => inputs.reduce((total, input) => total + input[of], 0)
  const doubtful = clocks.filter(({ aligned }) => !aligned).length
  const observed = readiness?.observed
  const figures: readonly (readonly [value: string, says: string, tone?: string])[] = [
    [count(inputs.length + inputsLeft), 'inputs'],
    [count(sum('events')), 'events'],
    [count(sum('toolCalls')), 'tool calls'],
    [
      count(rejects.total),
      rejects.total === 1 ? 'refused row' : 'refused rows',
      rejects.total > 0 ? 'tone-medium' : 'quiet',
    ],
    [
      `${count(clocks.length - doubtful)} of ${count(clocks.length)}`,
      'clocks aligned',
      doubtful > 0 ? 'tone-high' : '',
    ],
    ...(observed
      ? [[`${count(observed.attributed)} of ${count(observed.events)}`, `${observed.of} attributed`] as const]
      : []),
  ]
  return (
    <div className="figures">
      {figures.map(([value, says, tone]) => (
        <div key={says} className="figure">
          <b className={tone}>{value}</b>
          <span>{says}</span>
        </div>
      ))}
    </div>
  )
}
