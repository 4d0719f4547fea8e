import type { ReactNode } from 'react'

/** Labels and values; a value that is null, undefined or false leaves its label out. */
export function KeyValues({ rows }: { rows: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <dl className="pairs">
      {rows.map(([label, value]) =>
        value === null || value === undefined || value === false || value === '' ? null : (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}
