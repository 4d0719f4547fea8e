// What a request says, checked against the endpoint's schema; a misfit names the field and what was expected.

import type { ZodType } from 'zod'
import { nearestWord } from '../base/suggest.ts'
import { plain } from '../base/terminal.ts'
import { Problem } from './problem.ts'

/** A parameter given once is a text, one given more often a list. */
export function checkedQuery(schema: ZodType | undefined, queries: Record<string, string[]>): unknown {
  if (schema === undefined) return undefined
  // Not by assignment: a parameter may be called __proto__.
  const given = Object.fromEntries(
    Object.entries(queries).map(([name, values]) => [name, values.length === 1 ? values[0]! : values]),
  )
  return checked(schema, given, 'The address')
}

export async function checkedBody(schema: ZodType | undefined, request: Request): Promise<unknown> {
  if (schema === undefined) return undefined
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new Problem(415, {
      what: 'The body has to be JSON.',
      fix: 'Send it with Content-Type: application/json.',
    })
  }
  let value: unknown
  try {
    value = await request.json()
  } catch {
    throw new Problem(400, { what: 'The body is no JSON.' })
  }
  return checked(schema, value, 'The body')
}

function checked(schema: ZodType, value: unknown, where: string): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const field = plain(issue.path.map(String).join('.'), 100)
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : []
  const known =
    'shape' in schema && typeof schema.shape === 'object' && schema.shape ? Object.keys(schema.shape) : []
  const near = keys[0] === undefined ? undefined : nearestWord(keys[0].slice(0, 100), known)
  throw new Problem(400, {
    what: `${where} does not fit${field === '' ? '' : ` at ${JSON.stringify(field)}`}.`,
    why: plain(issue.message, 300),
    ...(near !== undefined && { fix: `Did you mean ${near}?` }),
  })
}
