import { visible } from '../../../../src/base/terminal.ts'
import { count, counted, pText } from '../../../../src/exporters/words.ts'
import type { CallAnswer, EventRow } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Disposition, Severity } from '../../parts/pill.tsx'
import { Await, Empty } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import type { ViewProps } from '../../shell/main-view.tsx'
import { endpointText } from './endpoint-text.ts'
import './alarms.css'

const eventsMax = 200

/** One tool call: what it ran, where and when, and what it caused. */
export function CallPage({ source, id }: ViewProps) {
  if (id === undefined) {
    return (
      <Empty title="A tool call is reached from what it caused.">
        <Link to={{ view: 'alarms', source }}>Go to the alarms</Link>
      </Empty>
    )
  }
  return <Call key={id} source={source} uid={id} />
}

function Call({ source, uid }: { source: string; uid: string }) {
  const loaded = useLoad(`call ${source} ${uid}`, (signal) =>
    ask<CallAnswer>(
      `/sources/${encodeURIComponent(source)}/calls/${encodeURIComponent(uid)}`,
      { limit: eventsMax },
      signal,
    ),
  )
  return (
    <>
      <h1>Tool call</h1>
      <Await loaded={loaded} what="Reading the call…">
        {(answer) => <Shown source={source} answer={answer} />}
      </Await>
    </>
  )
}

function Shown({ source, answer }: { source: string; answer: CallAnswer }) {
  const { call, policyVersion, reward, timeSource, events, maybe, findings } = answer
  const command = call.command ?? ''
  return (
    <div className="columns">
      <div className="stack">
        <Panel
          title={visible((call.name ?? 'call').slice(0, 100))}
          tools={<CopyButton text={command} label="Copy the command" />}
        >
          <pre className="command">
            <LogText text={command} max={4_000} keepLines />
          </pre>
        </Panel>
        <Panel title={`What it caused: ${counted(call.events, 'event')}, ${count(call.denied)} denied`}>
          <Events source={source} rows={events} shareOf={(row) => row.p} />
          {call.events > events.length && (
            <p className="quiet">
              And {count(call.events - events.length)} more:{' '}
              <Link to={{ view: 'alarms', source, params: { q: call.uid } }}>all of them</Link>.
            </p>
          )}
        </Panel>
        {maybe.length > 0 && (
          <Panel
            title="What it may have caused"
            lead="Events that another call explains better, or none well enough."
          >
            <Events
              source={source}
              rows={maybe}
              shareOf={(row) => ('share' in row ? Number(row.share) : null)}
            />
          </Panel>
        )}
      </div>
      <div className="stack">
        <Panel title="Where and when">
          <KeyValues
            rows={[
              ['Began', <Moment key="s" iso={call.startTime} digits={6} />],
              ['Ended', call.endTime !== null && <Moment key="e" iso={call.endTime} digits={6} />],
              ['Time from', timeSource],
              ['Sandbox', call.box !== null && <code key="b">{visible(call.box.slice(0, 200))}</code>],
              [
                'Episode',
                call.episode !== null && (
                  <Link key="ep" to={{ view: 'episodes', source, params: { text: call.episode } }}>
                    {visible(call.episode.slice(0, 200))}
                  </Link>
                ),
              ],
              ['Turn', call.turn],
              ['Training step', call.step],
              ['Policy version', policyVersion !== null && visible(policyVersion.slice(0, 100))],
              ['Reward', reward],
              ['Exit code', call.exitCode],
              [
                'Id in its trace',
                call.sourceId !== null && <code key="id">{visible(call.sourceId.slice(0, 200))}</code>,
              ],
              ['Record', <LogText key="f" text={`${call.file ?? ''}:${call.line ?? ''}`} />],
              ['uid', <code key="u">{call.uid}</code>],
            ]}
          />
          <p>
            <Link to={{ view: 'timeline', source, params: { item: call.uid } }}>On the timeline</Link>
          </p>
        </Panel>
        <Panel title="Findings">
          {findings.length === 0 ? (
            <p className="quiet">No finding rests on it.</p>
          ) : (
            <ul className="rows">
              {findings.map(({ uid, severity, detection, title, incident }) => (
                <li key={uid}>
                  <Severity severity={severity} />
                  <div>
                    {incident === null ? (
                      <b>{visible((title ?? '').slice(0, 300))}</b>
                    ) : (
                      <Link to={{ view: 'incidents', source, id: incident }}>
                        {visible((title ?? '').slice(0, 300))}
                      </Link>
                    )}
                    <small>
                      <code>{visible(detection ?? '')}</code>
                    </small>
                  </div>
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </div>
    </div>
  )
}

function Events({
  source,
  rows,
  shareOf,
}: {
  source: string
  rows: readonly EventRow[]
  shareOf: (row: EventRow) => number | null
}) {
  if (rows.length === 0) return <p className="quiet">Nothing that was recorded.</p>
  return (
    <ul className="rows caused">
      {rows.map((row) => {
        const p = shareOf(row)
        return (
          <li key={row.uid}>
            <Disposition disposition={row.disposition} />
            <div>
              <Link to={{ view: 'alarms', source, id: row.uid }}>{endpointText(row)}</Link>
              <small>
                {visible((row.rule ?? row.class ?? '').slice(0, 200))}
                {p !== null && `, p ${pText(p)}`}
              </small>
            </div>
            <Moment iso={row.time} digits={3} show="clock" />
          </li>
        )
      })}
    </ul>
  )
}
