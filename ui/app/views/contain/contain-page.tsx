// What runs in a sandbox at this moment, and how to stop it.

import { useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count, counted } from '../../../../src/exporters/words.ts'
import type { BoxState, ContainRequest, ContainResult } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLiveTurn } from '../../net/live.ts'
import { useSource, useWhyNot } from '../../net/sources.ts'
import { useLoad } from '../../net/use-load.ts'
import { useTick } from '../../net/use-tick.ts'
import { Pill } from '../../parts/pill.tsx'
import { Await, Empty } from '../../parts/states.tsx'
import { Link } from '../../routing/link.tsx'
import type { ViewProps } from '../../shell/main-view.tsx'
import { ActDialog } from './act-dialog.tsx'
import { actLabels } from './acts.ts'
import { BlockedPanel, CallsPanel, ConnectionsPanel, type Want } from './box-lists.tsx'
import { WholeBox } from './whole-box.tsx'
import './contain.css'

/** Processes come and go without a message of the feed. */
const againMs = 3_000
const resultsMax = 6

export function ContainPage({ source }: ViewProps) {
  const row = useSource(source)
  const turn = useLiveTurn(['act', 'traffic', 'source', 'finding'], source)
  const tick = useTick(againMs, row?.state !== 'ready')
  const loaded = useLoad(
    `box ${source} ${turn} ${tick}`,
    (signal) => ask<BoxState>(`/sources/${encodeURIComponent(source)}/box`, {}, signal),
    { keep: true },
  )
  const [results, setResults] = useState<readonly Result[]>([])
  const ended = loaded.status === 409 ? loaded.problem : undefined
  const onDone = (request: ContainRequest, result: ContainResult) => {
    setResults((before) =>
      [{ id: (before[0]?.id ?? 0) + 1, request, result }, ...before].slice(0, resultsMax),
    )
    loaded.reload()
  }
  return (
    <>
      <div className="head">
        <h1>Contain</h1>
        <p className="lead">What runs at this moment, and how to stop it.</p>
      </div>
      <ul className="results" aria-label="What was done from here" aria-live="polite">
        {results.map((one) => (
          <ResultRow key={one.id} result={one} />
        ))}
      </ul>
      {ended ? (
        <div className="panel">
          <Empty title={visible(ended.what.slice(0, 300))}>
            <p>{visible((ended.why ?? '').slice(0, 500))}</p>
            <p>
              There is nothing left to stop: <Link to={{ view: 'run', source }}>what happened in it</Link>,{' '}
              <Link to={{ view: 'incidents', source }}>what was made of it</Link>.
            </p>
          </Empty>
        </div>
      ) : (
        <Await loaded={loaded} what="Asking the sandbox what runs…">
          {(box) => <Box source={source} box={box} onDone={onDone} />}
        </Await>
      )}
    </>
  )
}

interface Result {
  readonly id: number
  readonly request: ContainRequest
  readonly result: ContainResult
}

interface BoxProps {
  readonly source: string
  readonly box: BoxState
  readonly onDone: (request: ContainRequest, result: ContainResult) => void
}

function Box({ source, box, onDone }: BoxProps) {
  const whyNot = useWhyNot()
  const [asked, setAsked] = useState<ContainRequest>()
  const want: Want = (request) => setAsked(request)
  const parts = { box, want, whyNot }
  return (
    <div className="stack contain">
      <Figures box={box} />
      {whyNot !== undefined && <p className="why-not">{whyNot}</p>}
      <WholeBox {...parts} />
      <div className="columns">
        <div className="stack">
          <CallsPanel {...parts} />
        </div>
        <div className="stack">
          <ConnectionsPanel {...parts} />
          <BlockedPanel {...parts} />
        </div>
      </div>
      {asked && (
        <ActDialog
          source={source}
          box={box.box}
          request={asked}
          onDone={onDone}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  )
}

function ResultRow({ result: { request, result } }: { result: Result }) {
  return (
    <li className={result.ok ? 'result-done' : 'result-failed'}>
      <Pill tone={result.ok ? 'allowed' : 'failed'}>{result.ok ? 'done' : 'not done'}</Pill>
      <b>{actLabels[request.act]}</b>
      <span>{visible(result.detail.slice(0, 600))}</span>
    </li>
  )
}

function Figures({
  box: { box, mode, tier, frozen, quarantined, blocked, open, connections, calls },
}: {
  box: BoxState
}) {
  const processes = calls.reduce((sum, call) => sum + call.processes, 0)
  const frozenCalls = calls.filter((call) => call.frozen).length
  return (
    <div className="figures">
      <div className="figure figure-state">
        <b>
          {frozen && <Pill tone="frozen">frozen</Pill>} {quarantined && <Pill tone="high">quarantined</Pill>}{' '}
          {!frozen && !quarantined && <Pill tone="live">runs</Pill>}{' '}
          {!frozen && frozenCalls > 0 && <Pill tone="frozen">{counted(frozenCalls, 'call')} frozen</Pill>}
        </b>
        <span>
          <code>{visible(box.slice(0, 100))}</code>, {visible(mode.slice(0, 20))}, tier{' '}
          {visible(tier.slice(0, 20))}
        </span>
      </div>
      <div className="figure">
        <b>{count(calls.length)}</b>
        <span>calls at work</span>
      </div>
      <div className="figure">
        <b>{count(processes)}</b>
        <span>processes</span>
      </div>
      <div className="figure">
        <b>{count(open ?? connections.length)}</b>
        <span>connections open</span>
      </div>
      <div className="figure">
        <b>{count(blocked.length)}</b>
        <span>destinations blocked</span>
      </div>
    </div>
  )
}
