// The paths by which values of a JSON document are asked for: keys joined by dots, `*` for any key or index.

export type JsonKey = string | number

/** Paths as a tree of keys. */
export interface Pattern {
  /** Set when a pattern ends here. */
  path?: string
  readonly children: Map<string, Pattern>
}

/**
 * Paths like `steps.*` as a tree. A pattern that is the beginning of another wins: its value is built whole. Only `[]`, any
 * element of an array, goes before it: `''` with `[]` gives objects that follow each other as well as a list of them.
 */
export function compilePaths(paths: readonly string[]): Pattern {
  const root: Pattern = { children: new Map() }
  for (const path of paths) {
    let node = root
    for (const key of path === '' ? [] : path.split('.')) {
      let child = node.children.get(key)
      if (!child) {
        child = { children: new Map() }
        node.children.set(key, child)
      }
      node = child
    }
    node.path = path
  }
  return root
}

/** Where a key leads from a pattern. */
export function step(pattern: Pattern | undefined, key: JsonKey): Pattern | undefined {
  if (!pattern) return undefined
  const child = pattern.children.get(String(key)) ?? pattern.children.get('*')
  return child ?? (typeof key === 'number' ? pattern.children.get('[]') : undefined)
}

/** True when the value itself is asked for, rather than what is in it. */
export function isWanted(pattern: Pattern, array: boolean): boolean {
  return pattern.path !== undefined && !(array && pattern.children.has('[]'))
}

/** Hands on the values asked for in a document that stands in memory, in its order. */
export function walkItems(
  pattern: Pattern,
  value: unknown,
  item: (path: string, value: unknown, keys: readonly JsonKey[]) => void,
  keys: JsonKey[] = [],
): void {
  if (pattern.path !== undefined && isWanted(pattern, Array.isArray(value))) {
    item(pattern.path, value, keys.slice())
    return
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const child = step(pattern, i)
      if (!child) continue
      keys.push(i)
      walkItems(child, value[i], item, keys)
      keys.pop()
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      const next = step(pattern, key)
      if (!next) continue
      keys.push(key)
      walkItems(next, child, item, keys)
      keys.pop()
    }
  }
}
