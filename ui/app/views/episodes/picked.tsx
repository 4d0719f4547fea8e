import { Link } from '../../routing/link.tsx'

/** What is chosen to be compared, and the way to the comparison once there are two. */
export function Picked({
  source,
  picked,
  onClear,
}: {
  source: string
  picked: readonly string[]
  onClear: () => void
}) {
  const [left, right] = picked
  if (left === undefined) return <span className="pick-hint">Choose two to compare them.</span>
  return (
    <span className="chip">
      <span role="status">{right === undefined ? '1 chosen' : '2 chosen'}</span>
      {right === undefined ? (
        <Link to={{ view: 'compare', source, params: { left } }}>compare with its sibling</Link>
      ) : (
        <Link to={{ view: 'compare', source, params: { left, right } }}>compare them</Link>
      )}
      <button type="button" onClick={onClear} aria-label="Choose none">
        ✕
      </button>
    </span>
  )
}
