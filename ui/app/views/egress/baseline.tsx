// With what else a source's destinations are compared, and which of them are new, known, gone, or decided otherwise.

import { visible } from '../../../../src/base/terminal.ts'
import { count } from '../../../../src/exporters/words.ts'
import type { EgressAnswer } from '../../../../src/server/api.ts'
import { momentOf } from '../../format/moment.ts'
import { useRoom } from '../../net/sources.ts'
import { Choice } from '../../parts/choice.tsx'
import { setParams } from '../../routing/navigate.ts'
import { useSettings } from '../../state/settings.ts'

/** The latest are offered. */
const offeredMax = 300

export function BaselinePicker({ source, value }: { source: string; value: string }) {
  const { sources } = useRoom()
  const { zone } = useSettings()
  const others = (sources.value ?? [])
    .filter(({ id, state }) => id !== source && state !== 'unusable')
    .toSorted((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? ''))
  const offered = others.filter(({ id }, i) => i < offeredMax || id === value)
  return (
    <Choice
      name="baseline"
      label="New since"
      hint="Compares with what another source reached, destination by destination"
      value={value}
      options={[
        ['', others.length === 0 ? 'there is no other source' : 'compare with nothing'],
        ...offered.map(({ id, title, startedAt }): [string, string] => [
          id,
          `${visible(title.slice(0, 60))}${startedAt === null ? '' : `, ${momentOf(startedAt, zone)}`}`,
        ]),
      ]}
    />
  )
}

const statuses = [
  ['new', 'reached here, not there'],
  ['changed', 'allowed there and denied here, or the other way'],
  ['gone', 'reached there, not here'],
  ['known', 'reached in both'],
] as const

interface StatusFilterProps {
  readonly counts: EgressAnswer['statuses']
  readonly value: string
  readonly isCut: boolean
}

/** How many of each kind, and only one of them at a click. */
export function StatusFilter({ counts, value, isCut }: StatusFilterProps) {
  const all = statuses.reduce((sum, [status]) => sum + (counts?.[status] ?? 0), 0)
  return (
    <div className="statuses">
      <button type="button" aria-pressed={value === ''} onClick={() => setParams({ status: '' })}>
        all <b>{counts ? count(all) : ''}</b>
      </button>
      {statuses.map(([status, meaning]) => (
        <button
          key={status}
          type="button"
          className={`is-${status}`}
          title={meaning}
          aria-pressed={value === status}
          onClick={() => setParams({ status: value === status ? '' : status })}
        >
          {status} <b>{counts ? count(counts[status] ?? 0) : ''}</b>
        </button>
      ))}
      <span className="quiet">
        The other source is taken as a whole, whatever the span of time.
        {isCut && ' It has more destinations than are compared: what is called new may be among these.'}
      </span>
    </div>
  )
}
