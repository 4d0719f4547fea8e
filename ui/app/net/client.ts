// Questions to the server and its answers. The server is of the same version as this page and checks its own types;
// what comes from it is taken at its word.

export interface ProblemText {
  readonly what: string
  readonly why?: string | undefined
  readonly fix?: string | undefined
}

/** What the server refused, or why it could not be reached, in the three lines of every error of ours. */
export class Refused extends Error {
  /** HTTP status; 0 when nothing answered. */
  readonly status: number
  readonly text: ProblemText

  constructor(status: number, text: ProblemText) {
    super(text.what)
    this.status = status
    this.text = text
  }
}

export type QueryValue = string | number | boolean | undefined | readonly string[]
export type Query = Readonly<Record<string, QueryValue>>

const waitsMs = [250, 1_000, 3_000]

/** GET: tried again a few times when nothing answers. Throws Refused, or AbortError when `signal` ends it. */
export async function ask<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  for (const waitMs of waitsMs) {
    try {
      return await request<T>('GET', path + searchOf(query), undefined, signal)
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 0) throw error
      await pause(waitMs, signal)
    }
  }
  return await request<T>('GET', path + searchOf(query), undefined, signal)
}

/** POST or DELETE: done at most once. Throws Refused. */
export function act<T>(
  method: 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  return request<T>(method, path, body ?? (method === 'POST' ? {} : undefined), signal)
}

/** POST whose answer is a file. Throws Refused. */
export async function fetchFile(path: string, body: unknown, signal?: AbortSignal): Promise<Blob> {
  const response = await send('POST', path, body, signal)
  if (response.ok) return await response.blob()
  const value: unknown = await response.json().catch(() => undefined)
  throw new Refused(response.status, problemIn(value, response.status))
}

/** The address of something that is downloaded rather than read here. */
export function addressOfApi(path: string, query: Query = {}): string {
  return `/api/v1${path}${searchOf(query)}`
}

export function searchOf(query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue
    for (const one of Array.isArray(value) ? value : [String(value)]) search.append(name, one)
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

async function request<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal)
  if (response.status === 204) return undefined as T
  let value: unknown
  try {
    value = await response.json()
  } catch {
    signal?.throwIfAborted()
    throw new Refused(response.status, {
      what: 'The answer of the server can’t be read.',
      fix: 'Load the page again. Is something between this browser and Vigiles?',
    })
  }
  if (!response.ok) throw new Refused(response.status, problemIn(value, response.status))
  return value as T
}

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
  } catch {
    signal?.throwIfAborted()
    throw new Refused(0, unreachable)
  }
}

const unreachable: ProblemText = {
  what: 'Vigiles does not answer.',
  why: 'The server may have been stopped, or the connection to it is lost.',
  fix: 'Start `vigiles serve` again and open the URL that it prints; the token is a new one each time.',
}

function problemIn(value: unknown, status: number): ProblemText {
  const error = member(value, 'error')
  const what = member(error, 'what')
  if (typeof what !== 'string') return { what: `The server refused this (HTTP ${status}).` }
  const [why, fix] = [member(error, 'why'), member(error, 'fix')]
  return { what, ...(typeof why === 'string' && { why }), ...(typeof fix === 'string' && { fix }) }
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

/** The three lines for anything that was thrown. */
export function problemTextOf(error: unknown): ProblemText {
  if (error instanceof Refused) return error.text
  return {
    what: 'This part of the page failed.',
    why: error instanceof Error ? error.message : String(error),
  }
}
