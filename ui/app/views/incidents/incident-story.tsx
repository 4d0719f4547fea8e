import { visible } from '../../../../src/base/terminal.ts'
import { count, counted, pText, spanText } from '../../../../src/exporters/words.ts'
import type { IncidentStoryAnswer, StoryEntry } from '../../../../src/server/api.ts'
import { usOf } from '../../format/moment.ts'
import { addressOfApi, ask } from '../../net/client.ts'
import { useLiveTurn } from '../../net/live.ts'
import { useLoad } from '../../net/use-load.ts'
import { KeyValues } from '../../parts/key-values.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill, Severity } from '../../parts/pill.tsx'
import { Await } from '../../parts/states.tsx'
import { TechniqueLink } from '../../parts/technique-link.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { rangeBetween } from '../../routing/range.ts'
import { People } from './people.tsx'

const namesMax = 12

/** One incident: what happened in order, who, since when, what to do, and what people say. */
export function IncidentStory({ source, uid }: { source: string; uid: string }) {
  const turn = useLiveTurn(['note', 'act'], source)
  const path = `/sources/${encodeURIComponent(source)}/incidents/${encodeURIComponent(uid)}`
  const loaded = useLoad(
    `incident ${source} ${uid} ${turn}`,
    (signal) => ask<IncidentStoryAnswer>(path, {}, signal),
    { keep: true },
  )
  return (
    <Await loaded={loaded} what="Putting the story together…">
      {(answer) => <Told source={source} answer={answer} path={path} onChange={loaded.reload} />}
    </Await>
  )
}

interface ToldProps {
  readonly source: string
  readonly answer: IncidentStoryAnswer
  readonly path: string
  readonly onChange: () => void
}

function Told({ source, answer, path, onChange }: ToldProps) {
  const { incident, findings, techniques, story, left, responses, notes } = answer
  const fromUs = usOf(incident.firstSeen) ?? 0
  const toUs = usOf(incident.lastSeen) ?? fromUs
  const around = rangeBetween(fromUs - 5e6, toUs + 5e6)
  return (
    <>
      <div className="head">
        <p className="crumbs">
          <Link to={{ view: 'incidents', source }}>Incidents</Link>
        </p>
        <h1>
          <Severity severity={incident.severity} /> {visible(incident.title.slice(0, 500))}
        </h1>
        <div className="head-tools">
          <Link to={{ view: 'timeline', source, params: { ...around } }}>On the timeline</Link>
          <a href={addressOfApi(`${path}/page`)} download>
            Save as one file
          </a>
          <button type="button" onClick={() => print()}>
            Print
          </button>
        </div>
      </div>
      <div className="columns">
        <div className="stack">
          <Panel title="What happened" lead="Calls, events and responses in the order of their time.">
            <ol className="story">
              {story.map((entry) => (
                <StoryRow key={`${entry.kind} ${entry.uid}`} source={source} entry={entry} />
              ))}
            </ol>
            {left > 0 && (
              <p className="quiet">
                And {count(left)} more, on the{' '}
                <Link to={{ view: 'timeline', source, params: { ...around } }}>timeline</Link>.
              </p>
            )}
          </Panel>
          {responses.length > 0 && (
            <Panel title="What was done">
              <ul className="rows">
                {responses.map(({ time, do: act, ok, detail, by }) => (
                  <li key={`${time} ${act} ${detail}`}>
                    <Pill tone={ok ? 'allowed' : 'failed'}>{ok ? 'done' : 'failed'}</Pill>
                    <div>
                      <b>{visible(act.slice(0, 200))}</b>
                      <small>
                        <LogText text={detail} /> {visible(by.slice(0, 200))}
                      </small>
                    </div>
                    <Moment iso={time} digits={3} />
                  </li>
                ))}
              </ul>
            </Panel>
          )}
          <Panel title="Findings" lead="What the detections saw, each with what it rests on.">
            <ul className="rows">
              {findings.map((finding) => (
                <li key={finding.uid}>
                  <Severity severity={finding.severity} />
                  <div>
                    <b>
                      <LogText text={finding.title} />
                    </b>
                    <small>
                      <LogText text={finding.description} max={800} />
                    </small>
                    <small>
                      <code>{visible(finding.detection)}</code>, {counted(finding.events.length, 'event')},{' '}
                      {counted(finding.toolCalls.length, 'call')}
                    </small>
                  </div>
                  {finding.firstSeen !== null && <Moment iso={finding.firstSeen} />}
                </li>
              ))}
            </ul>
          </Panel>
        </div>
        <div className="stack">
          <Panel title="What to do">
            <ol className="actions">
              {incident.actions.map(({ do: act, why }) => (
                <li key={act}>
                  <b>
                    <LogText text={act} />
                  </b>
                  <small>
                    <LogText text={why} />
                  </small>
                </li>
              ))}
            </ol>
          </Panel>
          <Panel title="Who and when">
            <KeyValues
              rows={[
                ['First seen', <Moment key="first" iso={incident.firstSeen} digits={3} />],
                ['Last seen', <Moment key="last" iso={incident.lastSeen} digits={3} />],
                ['Lasted', toUs > fromUs && spanText((toUs - fromUs) / 1000)],
                ['State', incident.ongoing ? 'still going on when the logs end' : 'over when the logs end'],
                [
                  'Training step',
                  incident.firstStep === null
                    ? 'its traces carry none'
                    : `first in step ${incident.firstStep}`,
                ],
                [
                  'Policy version',
                  incident.policyVersions.length > 0 && <Names key="v" names={incident.policyVersions} />,
                ],
                [
                  'How often',
                  `${counted(incident.occurrences, 'time')} in ${counted(incident.episodes.length, 'episode')}`,
                ],
                [
                  'Rewarded',
                  incident.rewarded === null ? (
                    'its traces carry no reward'
                  ) : (
                    <LogText key="r" text={incident.rewarded} />
                  ),
                ],
                ['Sandboxes', <Names key="boxes" names={incident.boxes} />],
                [
                  'Episodes',
                  incident.episodes.length > 0 && (
                    <Names
                      key="e"
                      names={incident.episodes}
                      to={(text) => ({ view: 'episodes', source, params: { text } })}
                    />
                  ),
                ],
                ['Reached', <Names key="d" names={incident.destinations} />],
              ]}
            />
          </Panel>
          {techniques.length > 0 && (
            <Panel title="ATT&CK and ATLAS">
              <ul className="plain-list">
                {techniques.map((technique) => (
                  <li key={technique.uid}>
                    <TechniqueLink id={technique.uid} name={technique.name} />
                  </li>
                ))}
              </ul>
            </Panel>
          )}
          <People path={`${path}/notes`} notes={notes} onChange={onChange} />
        </div>
      </div>
    </>
  )
}

function StoryRow({ source, entry }: { source: string; entry: StoryEntry }) {
  const { time, kind, uid, title, detail, toolCall, p } = entry
  return (
    <li className={`story-${kind}`}>
      <Moment iso={time} digits={3} show="clock" />
      <div>
        {kind === 'call' ? (
          <Link to={{ view: 'calls', source, id: uid }}>
            <b>{visible(title.slice(0, 100))}</b>
          </Link>
        ) : kind === 'event' ? (
          <Link to={{ view: 'alarms', source, id: uid }}>{visible(title.slice(0, 200))}</Link>
        ) : (
          <b>{visible(title.slice(0, 200))}</b>
        )}
        {kind === 'call' ? (
          <pre>
            <LogText text={detail} max={600} keepLines />
          </pre>
        ) : (
          <span className="story-detail">
            <LogText text={detail} />
          </span>
        )}
        {kind === 'event' && toolCall !== null && p !== null && (
          <small>
            by <Link to={{ view: 'calls', source, id: toolCall }}>call {visible(toolCall.slice(0, 60))}</Link>
            , p {pText(p)}
          </small>
        )}
      </div>
    </li>
  )
}

function Names({
  names,
  to,
}: {
  names: readonly string[]
  to?: (name: string) => Parameters<typeof Link>[0]['to']
}) {
  if (names.length === 0) return <span className="quiet">none recorded</span>
  return (
    <>
      {names.slice(0, namesMax).map((name) => (
        <span key={name} className="name">
          {to ? (
            <Link to={to(name)}>{visible(name.slice(0, 200))}</Link>
          ) : (
            <code>{visible(name.slice(0, 200))}</code>
          )}
        </span>
      ))}
      {names.length > namesMax && <span className="quiet">and {count(names.length - namesMax)} more</span>}
    </>
  )
}
