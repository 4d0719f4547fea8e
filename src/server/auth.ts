// Who may ask: a random token per start, exchanged for a cookie that other sites' pages can't make a browser send.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Role } from './roles.ts'

/** Browsers that were let in; the one that was idle longest is forgotten at the maximum and opens the URL again. */
const sessionsMax = 1_000

export interface Tokens {
  readonly operator: string
  readonly reader: string
}

export function newTokens(): Tokens {
  return { operator: newSecret(), reader: newSecret() }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

export class Sessions {
  readonly #digests: ReadonlyMap<Role, Buffer>
  readonly #roles = new Map<string, Role>()
  readonly cookieName: string

  /** `port` keeps apart several servers of one host: cookies know no ports. */
  constructor(tokens: Tokens, port: number) {
    this.#digests = new Map([
      ['operator', digestOf(tokens.operator)],
      ['reader', digestOf(tokens.reader)],
    ])
    this.cookieName = `vigiles_${port}`
  }

  /** The role that a token gives. Takes the same time however much of it is right. */
  roleOfToken(token: string): Role | undefined {
    const digest = digestOf(token)
    let found: Role | undefined
    for (const [role, wanted] of this.#digests) if (timingSafeEqual(digest, wanted)) found = role
    return found
  }

  /** A new cookie's value. */
  open(role: Role): string {
    const id = newSecret()
    this.#roles.set(id, role)
    for (const [oldest] of this.#roles) {
      if (this.#roles.size <= sessionsMax) break
      this.#roles.delete(oldest)
    }
    return id
  }

  /** The role of a request by its `Cookie` header. */
  roleOfCookies(header: string | undefined): Role | undefined {
    for (const part of (header ?? '').slice(0, 8_192).split(';')) {
      const at = part.indexOf('=')
      if (at < 0 || part.slice(0, at).trim() !== this.cookieName) continue
      const id = part.slice(at + 1).trim()
      const role = this.#roles.get(id)
      if (role === undefined) continue
      this.#roles.delete(id)
      this.#roles.set(id, role)
      return role
    }
    return undefined
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
