// One run as it goes on, or as it went: what it reached, what was found, and what was done about it.

import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { LiveRun } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { ask } from '../../net/client.ts'
import { useLiveTurn } from '../../net/live.ts'
import { useSource } from '../../net/sources.ts'
import { useLoad } from '../../net/use-load.ts'
import { useTick } from '../../net/use-tick.ts'
import { Moment } from '../../parts/moment.tsx'
import { Pill, severityOrder } from '../../parts/pill.tsx'
import { Await } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import type { ViewProps } from '../../shell/main-view.tsx'
import { RunActs } from './run-acts.tsx'
import { RunFindings } from './run-findings.tsx'
import { OpenCalls, OpenConnections } from './run-open.tsx'
import { RunTraffic } from './run-traffic.tsx'
import './run.css'

/** Calls and processes come and go without a message of the feed. */
const againMs = 3_000

export function RunPage({ source }: ViewProps) {
  const isLive = useSource(source)?.state === 'live'
  const turn = useLiveTurn(['act', 'traffic', 'source', 'finding'], source)
  const tick = useTick(againMs, isLive)
  const loaded = useLoad(
    `run ${source} ${turn} ${tick}`,
    (signal) => ask<LiveRun>(`/sources/${encodeURIComponent(source)}/live`, {}, signal),
    { keep: true },
  )
  return (
    <>
      {loaded.value === undefined && <h1>Run</h1>}
      <Await loaded={loaded} what="Reading the journal of the run…">
        {(run) => <Shown run={run} />}
      </Await>
    </>
  )
}

function Shown({ run }: { run: LiveRun }) {
  const isLive = run.state === 'live'
  return (
    <>
      <div className="head">
        <h1>{visible(run.title.slice(0, 200))}</h1>
        <States run={run} />
        <p className="lead">
          <Moment iso={run.firstTime} />
          {' – '}
          {isLive ? 'now' : <Moment iso={run.lastTime} />}
          {run.box !== null && (
            <>
              {', sandbox '}
              <code>{visible(run.box.slice(0, 100))}</code>
            </>
          )}
        </p>
        <div className="head-tools">
          <Link to={{ view: 'timeline', source: run.source }}>Timeline</Link>
          {isLive && <Link to={{ view: 'contain', source: run.source }}>Contain</Link>}
        </div>
      </div>
      {run.stoppedBy !== null && (
        <p className="stopped-by">
          <b>{isLive ? 'Stopped' : 'It was stopped'}</b> by <LogText text={run.stoppedBy} />
        </p>
      )}
      <div className="stack">
        <Figures run={run} />
        <RunTraffic run={run} />
        <div className="columns">
          <div className="stack">
            <RunFindings findings={run.findings} source={run.source} isLive={isLive} />
          </div>
          <div className="stack">
            {isLive && <OpenCalls calls={run.calls} />}
            {isLive && <OpenConnections connections={run.connections} open={run.totals.open} />}
            <RunActs acts={run.acts} />
          </div>
        </div>
        {run.notes.map((note) => (
          <p key={note} className="quiet">
            <LogText text={note} />
          </p>
        ))}
      </div>
    </>
  )
}

function States({ run: { state, frozen, quarantined, exitCode, signal, sealed, calls } }: { run: LiveRun }) {
  if (state !== 'live') {
    return (
      <span className="states">
        <Pill tone="over">ended</Pill>
        {signal !== null ? (
          <Pill tone="high">{visible(signal.slice(0, 20))}</Pill>
        ) : (
          exitCode !== null && <Pill tone={exitCode === 0 ? 'allowed' : 'high'}>exit code {exitCode}</Pill>
        )}
        {!sealed && <Pill tone="high">without a seal</Pill>}
      </span>
    )
  }
  const someFrozen = calls.some((call) => call.frozen)
  return (
    <span className="states">
      {frozen ? <Pill tone="frozen">frozen</Pill> : <Pill tone="live">live</Pill>}
      {!frozen && someFrozen && <Pill tone="frozen">a call is frozen</Pill>}
      {quarantined && <Pill tone="high">quarantined</Pill>}
    </span>
  )
}

function Figures({ run: { totals, state } }: { run: LiveRun }) {
  const found = Object.values(totals.findings).reduce((sum, n) => sum + n, 0)
  const worst = severityOrder.find(
    (severity) => (totals.findings[severity as keyof typeof totals.findings] ?? 0) > 0,
  )
  const figures: readonly (readonly [value: string, says: string, tone?: string])[] = [
    [count(found), found === 1 ? 'finding' : 'findings', found > 0 ? `tone-${worst}` : 'quiet'],
    [count(totals.blocked), 'denied'],
    [count(totals.allowed), 'allowed'],
    ...(state === 'live' ? [[count(totals.open), 'open now'] as const] : []),
    [count(totals.lookups), 'looked up'],
    [count(totals.calls), 'calls'],
    [count(totals.processes), 'processes'],
    [bytesText(totals.bytesOut), 'sent'],
    [bytesText(totals.bytesIn), 'received'],
  ]
  return (
    <div className="figures run-figures">
      {figures.map(([value, says, tone]) => (
        <div key={says} className="figure">
          <b className={tone}>{value}</b>
          <span>{says}</span>
        </div>
      ))}
    </div>
  )
}
