// Conditions of a statement with their parameters, which are bound, never written into it.

import { parseIso, toIso } from '../../base/time.ts'
import type { Parameter } from '../../store/cases/values.ts'

export class Where {
  readonly #conditions: string[] = []
  readonly parameters: Parameter[] = []

  /** Adds a condition with `?` for each of `values`; does nothing when one of them is undefined. */
  add(condition: string, ...values: (Parameter | undefined)[]): this {
    if (values.some((value) => value === undefined)) return this
    this.#conditions.push(condition.replace(/\?/g, () => this.bind(values.shift() ?? null)))
    return this
  }

  /** Any of `columns` holds the text, in any case, or any of `whole` is it. */
  contains(columns: readonly string[], text: string | undefined, whole: readonly string[] = []): this {
    if (text === undefined || text === '') return this
    const part = this.bind(text.toLowerCase())
    const conditions = columns.map((column) => `contains(lower(${column}), ${part})`)
    if (whole.length > 0) conditions.push(`${this.bind(text)} IN (${whole.join(', ')})`)
    this.#conditions.push(`(${conditions.join(' OR ')})`)
    return this
  }

  /** A parameter's name in the statement. */
  bind(value: Parameter): string {
    this.parameters.push(value)
    return `$${this.parameters.length}`
  }

  /** ` WHERE …`, or nothing. */
  get sql(): string {
    return this.#conditions.length === 0 ? '' : ` WHERE ${this.#conditions.join(' AND ')}`
  }
}

/** A time of whatever zone as the tables have it. */
export function utc(text: string | undefined): string | undefined {
  const time = text === undefined ? undefined : parseIso(text)
  return time && toIso(time.us)
}
