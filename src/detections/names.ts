// Domain names by suffix.

/** The entry of `suffixes` that `name` is or ends in, on a label's border. */
export function suffixIn(name: string, suffixes: ReadonlySet<string>): string | undefined {
  for (let at = 0; at >= 0; ) {
    const rest = name.slice(at)
    if (suffixes.has(rest)) return rest
    const dot = name.indexOf('.', at)
    if (dot < 0) return undefined
    at = dot + 1
  }
  return undefined
}

const secondLevels = new Set(
  'co com net org gov edu ac or ne go gob nom mil ltd plc sch web info biz'.split(' '),
)

/**
 * The domain somebody registered: `a.b.example.co.uk` → `example.co.uk`. A rule of thumb for country domains,
 * not the public suffix list: good enough to group lookups by.
 */
export function registrable(name: string): string {
  const labels = name.split('.')
  if (labels.length <= 2) return name
  const country = labels.at(-1)!.length === 2 && secondLevels.has(labels.at(-2)!)
  return labels.slice(country ? -3 : -2).join('.')
}
