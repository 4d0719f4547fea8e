// Sets and answers of which there are very many, nearly all of them small or the same.

/** A set of texts that mostly holds one. */
export class FewTexts {
  #first: string | undefined
  #all: Set<string> | undefined

  get size(): number {
    return this.#all ? this.#all.size : this.#first === undefined ? 0 : 1
  }

  has(text: string): boolean {
    return this.#all ? this.#all.has(text) : this.#first === text
  }

  add(text: string): void {
    if (this.#all) this.#all.add(text)
    else if (this.#first === undefined) this.#first = text
    else if (this.#first !== text) this.#all = new Set([this.#first, text])
  }
}

/** Remembers what `judge` said of a name. At `max` names all are forgotten: they are only judged again. */
export function remembered<T>(judge: (name: string) => T, max = 20_000): (name: string) => T {
  const known = new Map<string, { readonly answer: T }>()
  return (name) => {
    const before = known.get(name)
    if (before) return before.answer
    const answer = judge(name)
    if (known.size >= max) known.clear()
    known.set(name, { answer })
    return answer
  }
}
