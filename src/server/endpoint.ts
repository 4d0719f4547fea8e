// One request and its answer, described once: the route, the check of what comes in and the OpenAPI page are made from it.

import type { ZodType, z } from 'zod'
import type { Context } from './context.ts'
import type { Role } from './roles.ts'

interface Described {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below `/api/v1`, parameters with a colon: `/sources/:source/episodes`. */
  readonly path: `/${string}`
  /** One sentence for the reference page. */
  readonly summary: string
  /** Who may ask; what changes anything is for operators. */
  readonly role: Role
}

export interface Endpoint extends Described {
  readonly query?: ZodType
  readonly body?: ZodType
  readonly answer: ZodType
  readonly handle: (context: Context, input: { query: unknown; body: unknown }) => Promise<unknown>
}

/** An endpoint whose answer is not JSON: a stream, a file. */
export interface RawEndpoint extends Described {
  readonly query?: ZodType
  readonly body?: ZodType
  /** Media type of the answer. */
  readonly gives: string
  readonly respond: (context: Context, input: { query: unknown; body: unknown }) => Promise<Response>
}

interface Inputs<Q, B> {
  readonly query: Q
  readonly body: B
}

/**
 * Describes an endpoint that answers with JSON. `query` and `body` are parsed before `handle` runs: what does not fit
 * is refused with 400 and the reason. `answer` types what is sent and stands in the reference; it is not run on answers.
 */
export function defineEndpoint<
  A extends ZodType,
  Q extends ZodType | undefined = undefined,
  B extends ZodType | undefined = undefined,
>(
  endpoint: Described & {
    readonly query?: Q
    readonly body?: B
    readonly answer: A
    readonly handle: (context: Context, input: Inputs<Parsed<Q>, Parsed<B>>) => Promise<z.input<A>>
  },
): Endpoint {
  return endpoint as unknown as Endpoint
}

/** Describes an endpoint that answers with anything else. */
export function defineRawEndpoint<
  Q extends ZodType | undefined = undefined,
  B extends ZodType | undefined = undefined,
>(
  endpoint: Described & {
    readonly query?: Q
    readonly body?: B
    readonly gives: string
    readonly respond: (context: Context, input: Inputs<Parsed<Q>, Parsed<B>>) => Promise<Response>
  },
): RawEndpoint {
  return endpoint as unknown as RawEndpoint
}

type Parsed<T> = T extends ZodType ? z.output<T> : undefined

export function isRaw(endpoint: Endpoint | RawEndpoint): endpoint is RawEndpoint {
  return 'respond' in endpoint
}
