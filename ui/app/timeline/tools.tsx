// What chooses among lanes and moves to what matters.

import { visible } from '../../../src/base/terminal.ts'
import { count } from '../../../src/exporters/words.ts'
import type { TimelineAnswer } from '../../../src/server/api.ts'

export const groupings = ['box', 'episode', 'step', 'tool'] as const
export type Grouping = (typeof groupings)[number]
const groupingWords: Readonly<Record<Grouping, string>> = {
  box: 'sandbox',
  episode: 'episode',
  step: 'training step',
  tool: 'tool',
}
const kindWords: Readonly<Record<string, string>> = {
  call: 'calls',
  process: 'processes',
  connection: 'connections',
  dns: 'DNS',
  api: 'records',
  incident: 'incidents',
  finding: 'findings',
  response: 'responses',
  alarm: 'alarms',
}

interface ToolsProps {
  readonly outline: TimelineAnswer
  readonly grouping: Grouping
  readonly onGrouping: (grouping: Grouping) => void
  readonly text: string
  readonly onText: (text: string) => void
  readonly hidden: ReadonlySet<string>
  readonly onKind: (kind: string) => void
  readonly onFold: (folded: boolean) => void
  readonly onAll: () => void
  readonly onFit: (fromUs: number, toUs: number) => void
  readonly onClock: (name: string) => void
}

export function Tools(props: ToolsProps) {
  const { outline, grouping, text, hidden } = props
  const { incidents, clocks, counts } = outline
  return (
    <div className="timeline-tools">
      <label>
        Lanes by
        <select value={grouping} onChange={(event) => props.onGrouping(groupingOf(event.target.value))}>
          {groupings.map((by) => (
            <option key={by} value={by}>
              {groupingWords[by]}
            </option>
          ))}
        </select>
      </label>
      <input
        type="search"
        value={text}
        placeholder="Find a lane"
        aria-label="Find lanes by name"
        data-filter
        onChange={(event) => props.onText(event.target.value)}
      />
      <fieldset>
        <legend className="unseen">Kinds of items shown</legend>
        {Object.entries(counts).map(([kind, n]) => (
          <label key={kind}>
            <input type="checkbox" checked={!hidden.has(kind)} onChange={() => props.onKind(kind)} />
            {kindWords[kind] ?? kind} <span className="quiet">{count(n)}</span>
          </label>
        ))}
      </fieldset>
      <button type="button" onClick={() => props.onFold(true)}>
        Fold
      </button>
      <button type="button" onClick={() => props.onFold(false)}>
        Unfold
      </button>
      <button type="button" onClick={props.onAll}>
        Everything
      </button>
      {incidents.length > 0 && (
        <label>
          <span className="unseen">Fit to an incident</span>
          <select
            value=""
            onChange={(event) => {
              const chosen = incidents.find(({ uid }) => uid === event.target.value)
              if (chosen) props.onFit(chosen.fromUs, chosen.toUs)
            }}
          >
            <option value="">Fit to an incident…</option>
            {incidents.map(({ uid, title, severity }) => (
              <option key={uid} value={uid}>
                {visible(`${severity}: ${title}`.slice(0, 90))}
              </option>
            ))}
          </select>
        </label>
      )}
      {clocks.length > 0 && (
        <label>
          Second axis
          <select
            defaultValue={visible(clocks[0]!.name)}
            onChange={(event) => props.onClock(event.target.value)}
          >
            {clocks.map(({ name }) => (
              <option key={name} value={visible(name)}>
                {visible(name.slice(0, 60))}
              </option>
            ))}
            <option value="">none</option>
          </select>
        </label>
      )}
    </div>
  )
}

export function groupingOf(text: string): Grouping {
  return groupings.find((by) => by === text) ?? 'box'
}
