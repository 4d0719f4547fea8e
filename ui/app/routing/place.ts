// An address of the page as a value, and back: `/s/CASE/incidents/UID?from=…&to=…`.

/** About everything there is. */
const wideViews = ['overview', 'sources'] as const

/** About one source. */
const sourceViews = [
  'run',
  'follow',
  'incidents',
  'alarms',
  'calls',
  'timeline',
  'episodes',
  'compare',
  'egress',
  'query',
  'coverage',
  'contain',
] as const

export type SourceView = (typeof sourceViews)[number]
export type View = (typeof wideViews)[number] | SourceView

export type Params = Readonly<Record<string, string>>

export interface Place {
  readonly view: View
  /** Set for every view that is about one source. */
  readonly source?: string
  /** Of one incident, alarm, call. */
  readonly id?: string
  readonly params?: Params
}

/** The place of an address; undefined for one that leads nowhere. */
export function placeOf(path: string, search: string): Place | undefined {
  const params = paramsOf(search)
  const parts = path.split('/').filter((part) => part !== '')
  const [first, source, view = 'incidents', id, ...rest] = parts.map(decoded)
  if (first === undefined) return { view: 'overview', params }
  if (first === 'sources' && source === undefined) return { view: 'sources', params }
  if (first !== 's' || source === undefined || rest.length > 0 || !isSourceView(view)) return undefined
  return { view, source, ...(id !== undefined && { id }), params }
}

export function addressOf({ view, source, id, params = {} }: Place): string {
  const search = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== '')).toString()
  const tail = search === '' ? '' : `?${search}`
  if (!isSourceView(view) || source === undefined) return `/${view === 'sources' ? 'sources' : ''}${tail}`
  const parts = ['s', source, view, ...(id ? [id] : [])]
  return `/${parts.map(encodeURIComponent).join('/')}${tail}`
}

function paramsOf(search: string): Params {
  return Object.fromEntries(new URLSearchParams(search))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // A lone percent sign, typed by hand.
  }
}

export function isSourceView(word: string): word is SourceView {
  return (sourceViews as readonly string[]).includes(word)
}
