// A watch room for tests: the real server on a free port, over the recorded incident, with state and cache of its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServeOptions, serve } from '../../src/server/serve.ts'
import { investigateRecorded } from '../recorded-case.ts'

/** Investigates the recorded incident into `folder/case`. */
export async function recordedCase(folder: string): Promise<string> {
  const out = join(folder, 'case')
  await investigateRecorded(out)
  return out
}

export interface Room {
  readonly url: string
  readonly readerUrl: string
  readonly origin: string
  readonly token: string
  readonly readerToken: string
  readonly stateFolder: string
  readonly errors: unknown[]
  /** Asks below /api/v1 as an operator; the parsed answer and its status. */
  ask<T = unknown>(
    path: string,
    options?: { body?: unknown; token?: string; method?: string },
  ): Promise<{ status: number; value: T }>
  close(): Promise<void>
}

export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'vigiles-serve-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export async function openRoom(
  folder: string,
  paths: readonly string[],
  options: Partial<ServeOptions> = {},
): Promise<Room> {
  const errors: unknown[] = []
  const stateFolder = join(folder, 'state')
  const serving = await serve({
    paths,
    host: '127.0.0.1',
    port: 0,
    insecure: false,
    allowHosts: [],
    readOnly: false,
    stateFolder,
    cacheFolder: join(folder, 'cache'),
    report: (error) => errors.push(error),
    ...options,
  })
  const { origin, searchParams } = new URL(serving.url)
  const token = searchParams.get('token') ?? ''
  const readerToken = new URL(serving.readerUrl).searchParams.get('token') ?? ''
  return {
    url: serving.url,
    readerUrl: serving.readerUrl,
    origin,
    token,
    readerToken,
    stateFolder,
    errors,
    async ask<T>(
      path: string,
      { body, token: other = token, method }: { body?: unknown; token?: string; method?: string } = {},
    ) {
      const response = await fetch(`${origin}/api/v1${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          authorization: `Bearer ${other}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return { status: response.status, value: (await response.json()) as T }
    },
    close: serving.close,
  }
}
