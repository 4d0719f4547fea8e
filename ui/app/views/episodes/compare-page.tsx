import { counted } from '../../../../src/exporters/words.ts'
import type { CompareAnswer } from '../../../../src/server/api.ts'
import { ask } from '../../net/client.ts'
import { useLoad } from '../../net/use-load.ts'
import { Await, Empty } from '../../parts/states.tsx'
import { LogText } from '../../parts/text.tsx'
import { Link } from '../../routing/link.tsx'
import { setParams, useParam, useRange } from '../../routing/navigate.ts'
import type { ViewProps } from '../../shell/main-view.tsx'
import { ComparedList } from './compared-list.tsx'
import { ComparedSides } from './compared-sides.tsx'
import { boxesText, episodeText } from './episode-text.ts'
import './compare.css'

/** Two episodes beside each other: what did one do to the system that the other did not? */
export function ComparePage({ source }: ViewProps) {
  const [left] = useParam('left')
  const [right] = useParam('right')
  return (
    <>
      <p className="crumbs">
        <Link to={{ view: 'episodes', source }}>Episodes</Link>
      </p>
      <h1>What did one do that the other did not?</h1>
      {left === '' ? (
        <Empty title="No episode is chosen.">
          Choose two in <Link to={{ view: 'episodes', source }}>the table of episodes</Link>.
        </Empty>
      ) : (
        <Compared source={source} left={left} right={right} />
      )}
    </>
  )
}

function Compared({ source, left, right }: { source: string; left: string; right: string }) {
  const loaded = useLoad(
    `compare ${source} ${left} ${right}`,
    (signal) => ask<CompareAnswer>(`/sources/${encodeURIComponent(source)}/compare`, { left, right }, signal),
    { keep: true },
  )
  return (
    <Await loaded={loaded} what="Comparing the episodes…">
      {(answer) => <Shown source={source} answer={answer} />}
    </Await>
  )
}

function Shown({ source, answer }: { source: string; answer: CompareAnswer }) {
  const range = useRange()
  const { left, right, note, findings, destinations, names, commands, tools } = answer
  return (
    <div className="stack">
      <Other source={source} answer={answer} />
      {note !== null && (
        <p className="quiet">
          <LogText text={note} />
        </p>
      )}
      {range && <p className="quiet">The two are compared as a whole, whatever the span of time.</p>}
      <ComparedSides source={source} left={left} right={right} />
      {right !== null && (
        <>
          <ComparedList source={source} title="Findings" head="Detection" list={findings} one="finding" />
          <ComparedList
            source={source}
            title="Destinations"
            head="Destination"
            lead="Connections of its calls, by name where it is known."
            list={destinations}
            one="event"
          />
          <ComparedList
            source={source}
            title="Names looked up"
            head="Name"
            list={names}
            one="event"
            many="lookups"
          />
          <ComparedList
            source={source}
            title="Commands"
            head="Command"
            lead="Without what differs each time, as numbers and temporary names."
            list={commands}
            one="call"
            isCode
          />
          <ComparedList source={source} title="Tools" head="Tool" list={tools} one="call" />
        </>
      )}
    </div>
  )
}

/** Whom to compare with: a sibling, another of the table, or the two the other way round. */
function Other({ source, answer }: { source: string; answer: CompareAnswer }) {
  const { left, right, siblings } = answer
  const isSibling = siblings.some(({ uid }) => uid === right?.uid)
  return (
    <div className="filters">
      <label>
        Compare with
        <select
          className="sibling"
          value={right?.uid ?? ''}
          onChange={(event) => setParams({ right: event.target.value })}
        >
          {right === null && <option value="">nobody</option>}
          {right !== null && !isSibling && <option value={right.uid}>{episodeText(right)}</option>}
          <optgroup label="Siblings: of the same run and step in another sandbox, the most alike first">
            {siblings.map((row) => (
              <option key={row.uid} value={row.uid}>
                {episodeText(row)}, {boxesText(row)}, {counted(row.commonCommands, 'command')} in common,{' '}
                {row.findings === 0 ? 'no finding' : counted(row.findings, 'finding')}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      <Link to={{ view: 'episodes', source, params: { pick: left.uid } }}>choose another in the table</Link>
      {right !== null && (
        <button type="button" onClick={() => setParams({ left: right.uid, right: left.uid })}>
          Swap
        </button>
      )}
    </div>
  )
}
