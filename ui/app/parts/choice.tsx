import { setParams } from '../routing/navigate.ts'

interface ChoiceProps {
  /** The parameter of the address that keeps it. */
  readonly name: string
  readonly label: string
  readonly value: string
  /** Value and word; the first with an empty value is what nothing chosen means. */
  readonly options: readonly (readonly [value: string, word: string])[]
  readonly hint?: string
}

/** One of a few, kept in the address. A value that is not offered shows as the first. */
export function Choice({ name, label, value, options, hint }: ChoiceProps) {
  const isOffered = options.some(([offered]) => offered === value)
  return (
    <label title={hint}>
      {label}
      <select
        value={isOffered ? value : options[0]?.[0]}
        onChange={(event) => setParams({ [name]: event.target.value })}
      >
        {options.map(([offered, word]) => (
          <option key={offered} value={offered}>
            {word}
          </option>
        ))}
      </select>
    </label>
  )
}
