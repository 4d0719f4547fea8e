// The page's files, read once at the start: small, few, and never looked up by a name that a request gives.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { OperatorError } from '../base/errors.ts'
import type { Problem } from './problem.ts'

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

interface File {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly etag: string
  /** Its name holds a hash of its content. */
  readonly forEver: boolean
}

export class StaticFiles {
  readonly #files: ReadonlyMap<string, File>

  private constructor(files: ReadonlyMap<string, File>) {
    this.#files = files
  }

  /** Throws OperatorError (environment) when the page was never built. */
  static read(folder: string): StaticFiles {
    if (!existsSync(join(folder, 'index.html'))) {
      throw new OperatorError('environment', {
        what: 'The dashboard is missing from this installation.',
        fix: 'Run `npm run build` in the folder of vigiles.',
      })
    }
    const files = new Map<string, File>()
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const bytes = new Uint8Array(readFileSync(path))
      const name = `/${relative(folder, path).split('\\').join('/')}`
      files.set(name, {
        bytes,
        type: mediaTypes[extname(path)] ?? 'application/octet-stream',
        etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
        forEver: name.startsWith('/assets/'),
      })
    }
    return new StaticFiles(files)
  }

  /** The file; for any other address the page itself, whose script knows what the address means. */
  answer(path: string, ifNoneMatch: string | undefined): Response {
    const known = this.#files.get(path)
    if (!known && path.startsWith('/assets/')) return new Response('There is no such file.', { status: 404 })
    const { bytes, type, etag, forEver } = known ?? this.#files.get('/index.html')!
    const headers = {
      'Content-Type': type,
      ETag: etag,
      'Cache-Control': forEver ? 'private, max-age=31536000, immutable' : 'no-cache',
    }
    if (ifNoneMatch === etag) return new Response(null, { status: 304, headers })
    return new Response(bytes, { headers })
  }

  /** What a person sees who comes without a token or by a wrong name. */
  problemPage({ status, text: { what, why, fix } }: Problem): Response {
    const lines = [what, why, fix]
      .filter((line) => line !== undefined)
      .map((line) => `<p>${escaped(line)}</p>`)
    const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Vigiles</title><h1>Vigiles</h1>${lines.join('')}</html>`
    return new Response(page, {
      status,
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
    })
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}
