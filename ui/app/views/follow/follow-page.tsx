// A stream that is followed: its newest answers as they come and are revised, and how well it is followed.

import { useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count, counted, spanText } from '../../../../src/exporters/words.ts'
import type { FollowStateAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLiveTurn } from '../../net/live.ts'
import { useLoad } from '../../net/use-load.ts'
import { useTick } from '../../net/use-tick.ts'
import { Panel } from '../../parts/panel.tsx'
import { Await } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'
import type { ViewProps } from '../../shell/main-view.tsx'
import { ClockList } from '../coverage/clocks.tsx'
import { AnswersPanel } from './answers.tsx'
import { FollowedInputs } from './followed-inputs.tsx'
import { IncidentsPanel, LossPanel } from './stream-panels.tsx'
import './follow.css'

/** Counters grow without a message of the feed: it carries answers for alarms alone. */
const againMs = 5_000
const answersMax = 500

export function FollowPage({ source }: ViewProps) {
  const [alarms, setAlarms] = useState<'alarms' | 'all'>('alarms')
  const turn = useLiveTurn(['answer', 'finding', 'source'], source)
  const tick = useTick(againMs)
  const loaded = useLoad(
    `follow ${source} ${alarms} ${turn} ${tick}`,
    (signal) =>
      ask<FollowStateAnswer>(
        `/sources/${encodeURIComponent(source)}/follow`,
        { alarms, limit: answersMax },
        signal,
      ),
    { keep: true },
  )
  return (
    <>
      <div className="head">
        <h1>Stream</h1>
        <p className="lead">Every alarm is answered as it comes, and again when more is known.</p>
      </div>
      <Await loaded={loaded} what="Asking how the stream stands…">
        {(state) => (
          <div className="stack follow">
            <Figures state={state} />
            {state.problems.length > 0 && <Problems problems={state.problems} />}
            <AnswersPanel answers={state.answers} alarms={alarms} setAlarms={setAlarms} />
            <div className="columns even">
              <div className="stack">
                <IncidentsPanel incidents={state.incidents} source={source} />
                <FollowedInputs inputs={state.inputs} />
              </div>
              <div className="stack">
                <Panel title="Clocks" lead="How far each runs from the traces, as the last fit has it.">
                  {state.clocks.length === 0 ? (
                    <p className="quiet">No fit has been made yet: it needs alarms and calls.</p>
                  ) : (
                    <ClockList clocks={state.clocks} />
                  )}
                </Panel>
                <LossPanel state={state} />
              </div>
            </div>
          </div>
        )}
      </Await>
    </>
  )
}

function Figures({ state }: { state: FollowStateAnswer }) {
  const { answered, revised, waiting, events, calls, lastFitMs, fits, received } = state
  const dropped = received.syslog.dropped + received.otlp.dropped
  const figures: readonly (readonly [value: string, says: string, tone?: string])[] = [
    [count(answered), 'answered'],
    [count(revised), 'revised', revised > 0 ? 'tone-medium' : 'quiet'],
    [count(waiting), 'waiting', waiting > 0 ? '' : 'quiet'],
    [count(events), 'events at hand'],
    [count(calls), 'calls at hand'],
    [lastFitMs === null ? '–' : spanText(lastFitMs), `last of ${counted(fits, 'fit')}`],
    [count(dropped), 'refused on receipt', dropped > 0 ? 'tone-high' : 'quiet'],
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

function Problems({ problems }: { problems: FollowStateAnswer['problems'] }) {
  const newest = problems.slice(-20).toReversed()
  return (
    <div className="problem">
      <p className="problem-what">
        {problems.length === 1 ? 'One thing went wrong' : `${count(problems.length)} things went wrong`}
      </p>
      <ul>
        {newest.map(({ where, what }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same can go wrong twice.
          <li key={`${i} ${where}`}>
            <code>{visible(where.slice(0, 200))}</code> <LogText text={what} />
          </li>
        ))}
      </ul>
      {problems.length > newest.length && (
        <p className="quiet">And {count(problems.length - newest.length)} before.</p>
      )}
    </div>
  )
}
