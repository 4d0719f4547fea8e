import type { ReactNode } from 'react'
import { visible } from '../../../../src/base/terminal.ts'
import { count, spanText } from '../../../../src/exporters/words.ts'
import type { EpisodeRow } from '../../../../src/server/api.ts'
import { bytesText } from '../../format/bytes.ts'
import { usOf } from '../../format/moment.ts'
import { Moment } from '../../parts/moment.tsx'
import { Severity } from '../../parts/pill.tsx'
import { Clip } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { boxesText, episodeText } from './episode-text.ts'

type Metric = readonly [label: string, value: (row: EpisodeRow) => ReactNode, isNumber?: boolean]

/** The two in figures, one below the other; what neither of them has is left out. */
export function ComparedSides({
  source,
  left,
  right,
}: {
  source: string
  left: EpisodeRow
  right: EpisodeRow | null
}) {
  const rows = right === null ? [left] : [left, right]
  const shown = metrics.filter(([, value]) => rows.some((row) => value(row) !== null))
  return (
    <div className="table-box sides">
      <table>
        <caption className="unseen">The two episodes in figures</caption>
        <thead>
          <tr>
            <th scope="col">Episode</th>
            {shown.map(([label, , isNumber]) => (
              <th key={label} scope="col" className={isNumber ? 'right' : undefined}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={row.uid} className={i === 0 ? 'side-left' : 'side-right'}>
              <th scope="row">
                <span className="side-mark">{i === 0 ? 'left' : 'right'}</span>{' '}
                <Link to={{ view: 'episodes', source, id: row.uid }}>{episodeText(row)}</Link>
              </th>
              {shown.map(([label, value, isNumber]) => (
                <td key={label} className={isNumber ? 'right' : undefined}>
                  {value(row) ?? <span className="quiet">–</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const metrics: readonly Metric[] = [
  ['Run', ({ run }) => run && <Clip text={run} />],
  ['Sandbox', (row) => <code>{boxesText(row)}</code>],
  ['Step', ({ step }) => step, true],
  ['Weights', ({ policyVersion }) => policyVersion && visible(policyVersion.slice(0, 100))],
  ['Reward', ({ reward }) => reward && Number(reward.toFixed(3)), true],
  ['Calls', ({ calls }) => count(calls), true],
  ['Events', ({ events }) => count(events), true],
  ['Denied', ({ denied }) => count(denied), true],
  ['Reached', ({ destinations }) => count(destinations), true],
  ['Sent', ({ bytesOut }) => bytesOut && bytesText(Number(bytesOut)), true],
  ['Received', ({ bytesIn }) => bytesIn && bytesText(Number(bytesIn)), true],
  ['Findings', ({ findings }) => count(findings), true],
  ['Worst', ({ worst }) => worst && <Severity severity={worst} />],
  ['Began', ({ firstTime }) => firstTime && <Moment iso={firstTime} show="clock" />],
  [
    'Lasted',
    ({ firstTime, lastTime }) => {
      const [from, to] = [usOf(firstTime), usOf(lastTime)]
      return from === undefined || to === undefined ? null : spanText((to - from) / 1000)
    },
    true,
  ],
]
