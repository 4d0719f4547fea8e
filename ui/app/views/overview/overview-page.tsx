import { visible } from '../../../../src/base/terminal.ts'
import { count, counted } from '../../../../src/exporters/words.ts'
import type {
  AttentionItem,
  FoundThing,
  Overview,
  RunningRun,
  StoppedRun,
} from '../../../../src/server/api.ts'
import { usOf } from '../../format/moment.ts'
import { ask } from '../../net/client.ts'
import { useLiveTurn } from '../../net/live.ts'
import { useLoad } from '../../net/use-load.ts'
import { StackedBars } from '../../parts/chart/stacked-bars.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill, Severity, severityOrder } from '../../parts/pill.tsx'
import { Await, Empty } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { setRange, useRange } from '../../routing/navigate.ts'
import type { Place } from '../../routing/place.ts'
import { rangeBetween } from '../../routing/range.ts'

const series = [
  { name: 'allowed', className: 'bar-allowed' },
  { name: 'denied', className: 'bar-blocked' },
]
const listMax = 12

export function OverviewPage() {
  const range = useRange()
  const turn = useLiveTurn(['source', 'finding', 'traffic', 'act', 'answer'])
  const loaded = useLoad(
    `overview ${range?.from} ${range?.to} ${turn}`,
    (signal) => ask<Overview>('/overview', { ...range }, signal),
    { keep: true },
  )
  return (
    <>
      <h1>Overview</h1>
      <Await loaded={loaded} what="Looking at everything there is…">
        {(overview) => <Shown overview={overview} />}
      </Await>
    </>
  )
}

function Shown({ overview }: { overview: Overview }) {
  const { running, stopped, attention, latest, sources, notes } = overview
  if (sources.cases + sources.runs + sources.unusable === 0) return <Nothing />
  return (
    <div className="stack">
      <Figures overview={overview} />
      <Traffic traffic={overview.traffic} />
      <div className="columns">
        <div className="stack">
          <Panel title="Found" lead="Incidents of investigations and findings of runs, the newest first.">
            {latest.length === 0 ? (
              <Empty title="Nothing was found.">
                Detections look at every input; coverage says what they saw.
              </Empty>
            ) : (
              <ul className="rows">
                {latest.slice(0, listMax * 2).map((thing) => (
                  <FoundRow key={`${thing.source} ${thing.uid}`} thing={thing} />
                ))}
              </ul>
            )}
            {latest.length > listMax * 2 && (
              <p className="quiet">And {count(latest.length - listMax * 2)} more in their sources.</p>
            )}
          </Panel>
        </div>
        <div className="stack">
          <Panel title="Needs somebody">
            {attention.length === 0 ? (
              <p className="quiet">Nothing waits for a person.</p>
            ) : (
              <ul className="rows">
                {attention.slice(0, listMax).map((item) => (
                  <AttentionRow key={`${item.source} ${item.reason} ${item.uid}`} item={item} />
                ))}
              </ul>
            )}
          </Panel>
          <Panel title="Running now">
            {running.length === 0 ? (
              <p className="quiet">
                No run goes on. One that is started with <code>vigiles run -- COMMAND</code> appears here by
                itself.
              </p>
            ) : (
              <ul className="rows">
                {running.slice(0, listMax).map((run) => (
                  <RunningRow key={run.source} run={run} />
                ))}
              </ul>
            )}
          </Panel>
          <Panel title="Stopped">
            {stopped.length === 0 ? (
              <p className="quiet">No run was stopped by a response or a person.</p>
            ) : (
              <ul className="rows">
                {stopped.slice(0, listMax).map((run) => (
                  <StoppedRow key={`${run.source} ${run.time}`} run={run} />
                ))}
              </ul>
            )}
          </Panel>
        </div>
      </div>
      {notes.map((note) => (
        <p key={note} className="quiet">
          <LogText text={note} />
        </p>
      ))}
    </div>
  )
}

function Nothing() {
  return (
    <Empty title="There is nothing to watch yet.">
      <p>
        <code>vigiles run -- COMMAND</code> runs an agent in a sandbox and records it; it appears here by
        itself.
      </p>
      <p>
        <code>vigiles investigate LOGS TRACES --out case-1</code> makes a case of logs that you have; then{' '}
        <code>vigiles serve case-1</code>.
      </p>
      <p>
        <code>npm run demo -- --serve</code> shows both on an incident that it makes.
      </p>
    </Empty>
  )
}

function Figures({ overview: { severities, running, stopped, sources } }: { overview: Overview }) {
  return (
    <div className="figures">
      {severityOrder.slice(0, 4).map((severity) => {
        const n = severities[severity as keyof typeof severities] ?? 0
        return (
          <div key={severity} className="figure">
            <b className={n > 0 ? `tone-${severity}` : 'quiet'}>{count(n)}</b>
            <span>{severity}</span>
          </div>
        )
      })}
      <div className="figure">
        <b>{count(running.length)}</b>
        <span>running</span>
      </div>
      <div className="figure">
        <b>{count(stopped.length)}</b>
        <span>stopped</span>
      </div>
      <div className="figure">
        <b>{count(sources.cases + sources.runs)}</b>
        <span>
          <Link to={{ view: 'sources' }}>sources</Link>
        </span>
      </div>
    </div>
  )
}

function Traffic({ traffic }: { traffic: Overview['traffic'] }) {
  const { from, to, stepSeconds, isLive, bins } = traffic
  const [fromUs, toUs] = [usOf(from), usOf(to)]
  if (fromUs === undefined || toUs === undefined) return null
  return (
    <Panel
      title="Connections"
      lead={isLive ? 'Of all sources, up to now.' : 'Of all sources, up to the last that happened.'}
    >
      <StackedBars
        label="Connections over time"
        fromUs={fromUs}
        toUs={toUs}
        stepUs={stepSeconds * 1e6}
        bins={bins.flatMap(({ time, allowed, blocked }) => {
          const us = usOf(time)
          return us === undefined ? [] : [{ us, counts: [allowed, blocked] }]
        })}
        series={series}
        onBrush={(start, end) => setRange(rangeBetween(start, end))}
      />
    </Panel>
  )
}

function FoundRow({ thing }: { thing: FoundThing }) {
  const { source, sourceTitle, uid, kind, severity, title, detection, time, ongoing, responses } = thing
  const to: Place = kind === 'incident' ? { view: 'incidents', source, id: uid } : { view: 'run', source }
  return (
    <li>
      <Severity severity={severity} />
      <div>
        <Link to={to}>{visible(title.slice(0, 300))}</Link>
        <small>
          {visible(sourceTitle.slice(0, 80))}, {visible(detection.slice(0, 200))}
          {ongoing && ', goes on'}
          {responses.length > 0 &&
            `, ${responses.map((one) => `${one.do}${one.ok ? '' : ' failed'}`).join(', ')}`}
        </small>
      </div>
      <Moment iso={time} />
    </li>
  )
}

function AttentionRow({ item }: { item: AttentionItem }) {
  const { source, sourceTitle, reason, severity, text, fix, uid, time } = item
  const contained = reason === 'frozen' || reason === 'quarantined'
  const to: Place =
    reason === 'unusable'
      ? { view: 'sources' }
      : contained
        ? { view: 'contain', source }
        : uid?.startsWith('inc-')
          ? { view: 'incidents', source, id: uid }
          : { view: 'run', source }
  return (
    <li>
      <Severity severity={severity} />
      <div>
        <Link to={to}>{visible(text.slice(0, 300))}</Link>
        <small>
          {visible(sourceTitle.slice(0, 80))}: {visible(fix.slice(0, 300))}
        </small>
      </div>
      {time !== null && <Moment iso={time} />}
    </li>
  )
}

function RunningRow({ run }: { run: RunningRun }) {
  const { source, title, tier, frozen, quarantined, allowed, blocked, open, openCalls, frozenCalls } = run
  const state = quarantined ? 'quarantined' : frozen || frozenCalls.length > 0 ? 'frozen' : 'live'
  return (
    <li>
      <Pill tone={state}>{state}</Pill>
      <div>
        <Link to={{ view: 'run', source }}>{visible(title.slice(0, 120))}</Link>
        <small>
          {counted(openCalls, 'call')} at work, {count(open)} open; {count(allowed)} allowed, {count(blocked)}{' '}
          denied
          {tier === null ? '' : `; tier ${visible(tier.slice(0, 20))}`}
        </small>
      </div>
      <Link className="small" to={{ view: 'contain', source }}>
        Contain
      </Link>
    </li>
  )
}

function StoppedRow({ run: { source, title, state, stoppedBy, detail, by, time } }: { run: StoppedRun }) {
  return (
    <li>
      <Pill tone={state === 'live' ? 'frozen' : 'over'}>{state === 'live' ? 'stopped' : 'ended'}</Pill>
      <div>
        <Link to={{ view: 'run', source }}>{visible(title.slice(0, 120))}</Link>
        <small>
          {visible(stoppedBy.slice(0, 100))}
          {detail === '' ? '' : `: ${visible(detail.slice(0, 300))}`}
          {by === null ? '' : ` By ${visible(by.slice(0, 100))}.`}
        </small>
      </div>
      {time !== null && <Moment iso={time} />}
    </li>
  )
}
