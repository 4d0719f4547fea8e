// Answers that are the same again and again.

/** Longer names are judged each time: whoever writes them could fill the memory with them. */
const charsMax = 256

/** Remembers what `judge` said of a name. At `max` names all are forgotten: they are only judged again. */
export function remembered<T>(judge: (name: string) => T, max = 20_000): (name: string) => T {
  const known = new Map<string, { readonly answer: T }>()
  return (name) => {
    if (name.length > charsMax) return judge(name)
    const before = known.get(name)
    if (before) return before.answer
    const answer = judge(name)
    if (known.size >= max) known.clear()
    known.set(name, { answer })
    return answer
  }
}
