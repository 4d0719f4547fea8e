import { useState } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count, counted } from '../../../../src/exporters/words.ts'
import type { LiveRun } from '../../../../src/server/api.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Pill, Severity } from '../../parts/pill.tsx'
import { Empty } from '../../parts/states.tsx'
import { TechniqueLink } from '../../parts/technique-link.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { useRange } from '../../routing/navigate.ts'
import { isWithin } from './within.ts'

type Finding = LiveRun['findings'][number]

const firstMax = 20
const namesMax = 8
const responsesMax = 3

interface RunFindingsProps {
  readonly findings: readonly Finding[]
  readonly source: string
  readonly isLive: boolean
}

export function RunFindings({ findings, source, isLive }: RunFindingsProps) {
  const range = useRange()
  const [isAll, setAll] = useState(false)
  const within = findings.filter(({ time }) => isWithin(time, range))
  const shown = isAll ? within : within.slice(0, firstMax)
  return (
    <Panel
      title="Findings"
      lead="What the detections saw, the worst first, and what was done at once."
      tools={
        within.length < findings.length && `${count(within.length)} of ${count(findings.length)} in the span`
      }
    >
      {within.length === 0 ? (
        <Empty title={findings.length === 0 ? 'Nothing was found.' : 'Nothing was found in this span.'}>
          {isLive && findings.length === 0 && 'What is found appears here within a second.'}
        </Empty>
      ) : (
        <ul className="rows">
          {shown.map((finding) => (
            <FindingRow key={finding.uid} finding={finding} source={source} isLive={isLive} />
          ))}
        </ul>
      )}
      {shown.length < within.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {count(within.length)}
        </button>
      )}
    </Panel>
  )
}

function FindingRow({ finding, source, isLive }: { finding: Finding; source: string; isLive: boolean }) {
  const { severity, title, why, detection, destinations, toolCalls, attack, time, repeats, responses } =
    finding
  return (
    <li>
      <Severity severity={severity} />
      <div className="found">
        <b>
          <LogText text={title} />
        </b>
        <small>
          <LogText text={why} max={600} />
        </small>
        <small>
          <code>{visible(detection.slice(0, 100))}</code>
          {repeats > 0 && `, ${counted(repeats, 'time')} more`}
          {toolCalls.length > 0 && `, ${toolCalls.length === 1 ? 'call' : 'calls'} `}
          <Names names={toolCalls} />
          {destinations.length > 0 && ', reached for '}
          <Names names={destinations} />
        </small>
        {attack.length > 0 && (
          <small>
            {attack.slice(0, namesMax).map((id) => (
              <TechniqueLink key={id} id={id} />
            ))}
          </small>
        )}
        {responses.slice(0, responsesMax).map(({ do: act, ok, detail }) => (
          <small key={`${act} ${detail}`}>
            <Pill tone={ok ? 'allowed' : 'failed'}>
              {visible(act.slice(0, 40))}
              {ok ? '' : ' failed'}
            </Pill>{' '}
            <LogText text={detail} />
          </small>
        ))}
        {responses.length > responsesMax && (
          <small>and {counted(responses.length - responsesMax, 'more response')}</small>
        )}
        {responses.length === 0 && isLive && (severity === 'critical' || severity === 'high') && (
          <small>
            Nothing was done about it. <Link to={{ view: 'contain', source }}>Contain</Link>
          </small>
        )}
      </div>
      <Moment iso={time} />
    </li>
  )
}

function Names({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.slice(0, namesMax).map((name, i) => (
        <span key={name}>
          {i > 0 && ', '}
          <code>{visible(name.slice(0, 120))}</code>
        </span>
      ))}
      {names.length > namesMax && ` and ${count(names.length - namesMax)} more`}
    </>
  )
}
