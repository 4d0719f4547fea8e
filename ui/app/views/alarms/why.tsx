import { visible } from '../../../../src/base/terminal.ts'
import { noneWords, pText, tierWords } from '../../../../src/exporters/words.ts'
import type { WhyAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { KeyValues } from '../../parts/key-values.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Disposition, Severity, Verdict } from '../../parts/pill.tsx'
import { Await } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { useParam } from '../../routing/navigate.ts'
import { Candidate, Share } from './candidate.tsx'
import { endpointText } from './endpoint-text.ts'

/** Why an alarm rang. `asked`: an event's uid, or `line` with the pasted line as a parameter. */
export function Why({ source, asked }: { source: string; asked: string }) {
  const [line] = useParam('line')
  const of = asked === 'line' && line !== '' ? line : asked
  const loaded = useLoad(`why ${source} ${of}`, (signal) =>
    ask<WhyAnswer>(`/sources/${encodeURIComponent(source)}/why`, { of }, signal),
  )
  return (
    <>
      <p className="crumbs">
        <Link to={{ view: 'alarms', source }}>Alarms</Link>
      </p>
      <h1>Why this alarm?</h1>
      <Await loaded={loaded} what="Looking for what caused it…">
        {(answer) => <Answer source={source} answer={answer} />}
      </Await>
    </>
  )
}

function Answer({ source, answer }: { source: string; answer: WhyAnswer }) {
  const { event, verdict, tier, candidates, findings, chance, next, text, alike, box, p } = answer
  return (
    <div className="columns">
      <div className="stack">
        {alike > 1 && (
          <p className="quiet">{alike} events fit what was pasted equally well; this is the first.</p>
        )}
        <Panel
          title="Who did it"
          tools={<CopyButton text={text.join('\n')} label="Copy the answer in ten lines" />}
        >
          <p className="answer">
            <Verdict verdict={verdict} />{' '}
            {answer.toolCall === null ? (
              'No call is named: none is likelier than not.'
            ) : (
              <>
                p {pText(p)}, by <Link to={{ view: 'calls', source, id: answer.toolCall }}>this call</Link>
                {box === null ? '' : ` of ${visible(box.slice(0, 80))}`}; {tierWords[tier] ?? tier}
              </>
            )}
          </p>
          <Share answer={answer} />
          <ol className="candidates">
            {candidates.map((candidate, i) => (
              <Candidate key={candidate.toolCall} source={source} candidate={candidate} place={i} />
            ))}
            <li className="candidate none-of-them">
              <b>p {pText(answer.pNone)}</b> None of the recorded calls
              <ul className="plain-list">
                {Object.entries(answer.noneSplit)
                  .filter(([, share]) => share >= 0.005)
                  .toSorted(([, a], [, b]) => b - a)
                  .map(([kind, share]) => (
                    <li key={kind}>
                      p {pText(share)} {noneWords[kind] ?? kind}
                    </li>
                  ))}
              </ul>
            </li>
            {answer.pOther >= 0.005 && (
              <li className="candidate">
                <b>p {pText(answer.pOther)}</b> Calls that are not listed, each below p 0.01 or beyond the
                five most probable
              </li>
            )}
          </ol>
        </Panel>
      </div>
      <div className="stack">
        <Panel title="The alarm">
          <KeyValues
            rows={[
              ['When', <Moment key="t" iso={event.time} digits={6} />],
              ['As written', <LogText key="s" text={event.sourceTime} />],
              ['From', <code key="src">{visible(event.src.slice(0, 100))}</code>],
              ['To', <code key="dst">{endpointText(event)}</code>],
              ['Let through', <Disposition key="d" disposition={event.disposition} />],
              ['Rule', event.rule !== null && <LogText key="r" text={event.rule} />],
              ['Record', <LogText key="f" text={`${event.file}:${event.line}`} />],
              ['Class', event.class],
              ['uid', <code key="u">{event.uid}</code>],
            ]}
          />
          <p>
            <Link to={{ view: 'timeline', source, params: { item: event.uid } }}>On the timeline</Link>
          </p>
        </Panel>
        <Panel title="What would decide it">
          <p>
            <LogText text={next} max={600} />
          </p>
        </Panel>
        {chance !== null && (
          <Panel title="By chance alone">
            <p>
              <LogText text={chance} max={800} />
            </p>
          </Panel>
        )}
        <Panel title="Findings that rest on it">
          {findings.length === 0 ? (
            <p className="quiet">None.</p>
          ) : (
            <ul className="rows">
              {findings.map((finding) => (
                <li key={finding.uid}>
                  <Severity severity={finding.severity} />
                  <div>
                    <b>
                      <LogText text={finding.title} />
                    </b>
                    <small>
                      <LogText text={finding.description} />
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
