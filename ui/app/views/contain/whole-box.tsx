import { type FormEvent, useId, useState } from 'react'
import type { BoxState } from '../../../../src/server/api.ts'
import { Panel } from '../../parts/panel.tsx'
import { type ActName, actLabels, whyNoDestination } from './acts.ts'
import type { ListProps } from './box-lists.tsx'

interface Offer {
  readonly act: ActName
  readonly says: string
}

/** What can be done to all of it, and with what effect. */
export function WholeBox({ box, want, whyNot }: ListProps) {
  return (
    <Panel title="The whole sandbox" lead="Each asks first and says exactly what will stop.">
      <ul className="offers">
        {offersFor(box).map(({ act, says }) => (
          <li key={act}>
            <button
              type="button"
              className={act === 'kill' ? 'grave' : act === 'freeze' || act === 'quarantine' ? 'primary' : ''}
              disabled={whyNot !== undefined}
              title={whyNot}
              onClick={() => want({ act })}
            >
              {actLabels[act]}…
            </button>
            <p>{says}</p>
          </li>
        ))}
        <li>
          <BlockForm want={want} whyNot={whyNot} />
          <p>Refused from now on, whatever the policy says. What runs goes on.</p>
        </li>
      </ul>
    </Panel>
  )
}

function offersFor({ frozen, quarantined, calls }: BoxState): readonly Offer[] {
  const anyFrozen = frozen || calls.some((call) => call.frozen)
  return [
    ...(frozen
      ? []
      : [
          {
            act: 'freeze',
            says: 'Every process stops where it is and open connections are cut. Nothing is lost.',
          } as const,
        ]),
    ...(anyFrozen ? [{ act: 'thaw', says: 'What was frozen runs on from where it stopped.' } as const] : []),
    quarantined
      ? { act: 'release', says: 'It may reach again what its policy allows.' }
      : { act: 'quarantine', says: 'Nothing leaves any more. What runs goes on without a network.' },
    { act: 'kill', says: 'Everything ends for good; what it was is kept as evidence first.' },
  ]
}

function BlockForm({ want, whyNot }: Pick<ListProps, 'want' | 'whyNot'>) {
  const [text, setText] = useState('')
  const id = useId()
  const destination = text.trim()
  const problem = whyNoDestination(destination)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (destination !== '' && problem === undefined) want({ act: 'block', destination })
  }
  return (
    <form className="block-form" onSubmit={submit}>
      <label htmlFor={id} className="unseen">
        Destination to block
      </label>
      <input
        id={id}
        value={text}
        placeholder="pool.example.com:3333"
        spellCheck={false}
        autoComplete="off"
        disabled={whyNot !== undefined}
        title={whyNot}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-why`}
        onChange={(event) => setText(event.target.value)}
      />
      <button
        type="submit"
        disabled={whyNot !== undefined || destination === '' || problem !== undefined}
        title={whyNot}
      >
        Block…
      </button>
      {problem !== undefined && (
        <small id={`${id}-why`} className="tone-high">
          {problem}
        </small>
      )}
    </form>
  )
}
