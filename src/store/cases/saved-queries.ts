// Queries that people keep: one small file in the state folder, written whole or not at all.

import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../base/errors.ts'
import { quietly } from '../../base/quietly.ts'
import { type SavedQuery, starterQueries } from './starter-queries.ts'

export const savedLimits = { queriesMax: 200, titleMax: 200, saysMax: 1000, sqlMax: 20_000 } as const
const fileBytesMax = 8 * 1024 * 1024

export class SavedQueries {
  readonly #folder: string
  readonly #path: string

  /** `folder` is made when the first is saved. */
  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, 'queries.json')
  }

  /** Those to start with, then the people's own, in the order they were saved. */
  list(): readonly (SavedQuery & { readonly own: boolean })[] {
    return [
      ...starterQueries.map((query) => ({ ...query, own: false })),
      ...this.#read().map((query) => ({ ...query, own: true })),
    ]
  }

  /** Adds one, or replaces the own one of that id. Throws OperatorError for what is too long, too many, or not there. */
  save({ id, title, says, sql }: Omit<SavedQuery, 'id'> & { readonly id?: string }): SavedQuery {
    const { queriesMax, titleMax, saysMax, sqlMax } = savedLimits
    if (title.trim() === '' || sql.trim() === '') {
      throw new OperatorError('usage', { what: 'A saved query wants a title and a statement.' })
    }
    if (title.length > titleMax || says.length > saysMax || sql.length > sqlMax) {
      throw new OperatorError('usage', {
        what: 'This is too long to be saved.',
        why: `A title may have ${titleMax} characters, a description ${saysMax}, a statement ${sqlMax}.`,
      })
    }
    const queries = this.#read()
    const at = id === undefined ? -1 : queries.findIndex((query) => query.id === id)
    if (id !== undefined && at < 0) throw absent()
    const query = {
      id: id ?? `own.${randomBytes(8).toString('hex')}`,
      title: title.trim(),
      says: says.trim(),
      sql,
    }
    if (at >= 0) queries[at] = query
    else queries.push(query)
    if (queries.length > queriesMax) {
      throw new OperatorError('usage', {
        what: 'No more queries can be saved.',
        why: `There may be ${queriesMax}.`,
        fix: 'Remove one that is not needed any more.',
      })
    }
    this.#write(queries)
    return query
  }

  /** Throws OperatorError when there is none of that id; those to start with stay. */
  remove(id: string): void {
    const queries = this.#read()
    const rest = queries.filter((query) => query.id !== id)
    if (rest.length === queries.length) throw absent()
    this.#write(rest)
  }

  /** A file that was changed by hand gives what can be read of it. */
  #read(): SavedQuery[] {
    const size = quietly(() => statSync(this.#path).size)
    if (size === undefined || size > fileBytesMax) return []
    const value: unknown = quietly(() => JSON.parse(readFileSync(this.#path, 'utf8')))
    return Array.isArray(value) ? value.flatMap(queryOf).slice(0, savedLimits.queriesMax) : []
  }

  #write(queries: readonly SavedQuery[]): void {
    const half = `${this.#path}.${process.pid}-${randomBytes(4).toString('hex')}`
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      writeFileSync(half, `${JSON.stringify(queries, null, 2)}\n`, { mode: 0o600 })
      renameSync(half, this.#path)
    } catch (cause) {
      quietly(() => rmSync(half, { force: true }))
      throw new OperatorError('environment', {
        what: 'The query could not be saved.',
        why: cause instanceof Error ? cause.message : String(cause),
        fix: `Make room, or make ${this.#folder} writable.`,
        cause,
      })
    }
  }
}

function queryOf(value: unknown): SavedQuery[] {
  if (typeof value !== 'object' || value === null) return []
  const { id, title, says, sql }: Partial<Record<keyof SavedQuery, unknown>> = value
  return typeof id === 'string' &&
    typeof title === 'string' &&
    typeof says === 'string' &&
    typeof sql === 'string'
    ? [{ id, title, says, sql }]
    : []
}

function absent(): OperatorError {
  return new OperatorError('usage', {
    what: 'There is no saved query of that id.',
    fix: 'Those to start with can only be copied.',
  })
}
