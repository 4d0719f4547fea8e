// Forensic readiness: could an alarm of today be attributed with this set-up, and what would make it better?

import { visible } from '../../../../src/base/terminal.ts'
import type { ReadinessAnswer } from '../../../../src/server/api.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill } from '../../parts/pill.tsx'
import { LogText } from '../../parts/text.tsx'

type Check = ReadinessAnswer['checks'][number]
type Odds = NonNullable<ReadinessAnswer['today']>

const verdictTones: Readonly<Record<Check['verdict'], string>> = {
  missing: 'critical',
  weak: 'medium',
  unknown: 'over',
  good: 'supported',
}

/** As `vigiles audit` tells them. */
const improvementWords: Readonly<Record<ReadinessAnswer['improvements'][number]['id'], string>> = {
  addresses: 'Record which sandbox had which address (NAT or conntrack log, topology)',
  stamps: 'Stamp by the millisecond',
  clocks: 'Have clocks that provably agree',
  'call-times': 'Record each call’s own beginning and end',
  'box-names': 'Name the sandbox in the traces',
  names: 'Keep a DNS log',
  recording: 'Keep the traces of every sandbox and time',
}

export function ReadinessPanel({ readiness }: { readiness: ReadinessAnswer }) {
  const { today, best, improvements, checks } = readiness
  return (
    <Panel
      title="Forensic readiness"
      lead={
        <>
          Could an alarm of today be attributed, and what would make it better? The same as{' '}
          <code>vigiles audit PATH…</code>
        </>
      }
    >
      {today && (
        <ul className="odds" aria-label="Share of alarms that one call alone explains">
          <OddsRow words="Today" odds={today} />
          {improvements.map(({ id, odds }) => (
            <OddsRow key={id} words={improvementWords[id]} odds={odds} />
          ))}
          {best && improvements.length === 0 && (
            <OddsRow words="With everything put right that can be computed" odds={best} />
          )}
        </ul>
      )}
      <ul className="checks">
        {checks.map((check) => (
          <CheckRow key={check.id} check={check} today={today} />
        ))}
      </ul>
    </Panel>
  )
}

function OddsRow({ words, odds }: { words: string; odds: Odds }) {
  return (
    <li>
      <span>{words}</span>
      <meter min={0} max={1} value={odds.share} aria-label={`${words}: ${percent(odds.share)}`} />
      <b>{percent(odds.share)}</b>
      <small>
        {percent(odds.byTime)} by address and time, {percent(odds.byName)} by what the call names;{' '}
        {Number(odds.sharedMean.toFixed(1))} at work at once on average
      </small>
    </li>
  )
}

function CheckRow({ check, today }: { check: Check; today: Odds | null }) {
  const { question, judged, verdict, found, cost, todo, evidence, gain } = check
  const better = gain && today ? gain.share - today.share : 0
  return (
    <li>
      <Pill tone={verdictTones[verdict]}>{verdict}</Pill>
      <details open={verdict === 'missing'}>
        <summary>
          <b>{visible(question.slice(0, 300))}</b>
          <span>{visible(found.slice(0, 600))}</span>
        </summary>
        <div className="check-more">
          {cost !== '' && (
            <p>
              <LogText text={cost} />
              {better >= 0.005 && ` Put right, ${percent(gain?.share ?? 0)} of alarms would be attributed.`}
            </p>
          )}
          {todo.map(({ do: what, config, where }) => (
            <div key={what}>
              <p className="problem-fix">
                <LogText text={what} />
                {where !== undefined && (
                  <>
                    {' '}
                    In <code>{visible(where.slice(0, 200))}</code>:
                  </>
                )}
              </p>
              {config !== undefined && <CodeBlock text={config} label="what to write" />}
            </div>
          ))}
          {evidence.length > 0 && (
            <ul className="seen-at">
              {evidence.slice(0, 10).map(({ file, line, text }) => (
                <li key={`${file} ${line} ${text}`}>
                  <code>
                    {visible(file.slice(0, 200))}
                    {line !== null && `:${line}`}
                  </code>{' '}
                  <LogText text={text} max={200} />
                </li>
              ))}
            </ul>
          )}
          <p className="quiet">
            <LogText text={judged} />
          </p>
        </div>
      </details>
    </li>
  )
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0))} %`
}
