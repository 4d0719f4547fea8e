// Mining-pool talk in the clear: one JSON object a line, told from JSON-RPC, MCP and LSP, which look alike.
//
//   {"id":1,"method":"mining.subscribe","params":["cgminer/4.9.0"]}                         Stratum v1
//   {"id":2,"jsonrpc":"2.0","method":"eth_submitLogin","params":["0x…"],"worker":"rig1"}    Ethereum
//   {"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"4…","pass":"x","agent":"XMRig/6.21.0"}}
//
// Methods of the first two are said by nobody else. CryptoNote's (`login`, `job`, `submit`) are words that anyone
// uses, so they count only with two of its own tokens: see `weakTokensMin`.

import { printable, u16, u24 } from './bytes.ts'
import { JsonLines, mayBeJsonLines } from './json-lines.ts'

export interface Mining {
  /** Method names seen, in order of appearance, at most `methodsMax`. */
  readonly methods: readonly string[]
  readonly agent?: string
  /** What the worker logs in as: a wallet address, `wallet.rig`, an account. */
  readonly worker?: string
  readonly dialect: 'stratum' | 'ethereum' | 'cryptonote' | 'getwork'
}

const methodsMax = 16
const weakTokensMin = 2

const strongMethods = new Map<string, Mining['dialect']>([
  ['mining.subscribe', 'stratum'],
  ['mining.authorize', 'stratum'],
  ['mining.submit', 'stratum'],
  ['mining.notify', 'stratum'],
  ['mining.set_difficulty', 'stratum'],
  ['mining.set_target', 'stratum'],
  ['mining.set_extranonce', 'stratum'],
  ['mining.set_version_mask', 'stratum'],
  ['mining.extranonce.subscribe', 'stratum'],
  ['mining.configure', 'stratum'],
  ['mining.get_transactions', 'stratum'],
  ['mining.suggest_difficulty', 'stratum'],
  ['mining.suggest_target', 'stratum'],
  ['mining.ping', 'stratum'],
  ['mining.pong', 'stratum'],
  ['mining.hello', 'ethereum'],
  ['mining.noop', 'ethereum'],
  ['mining.bye', 'ethereum'],
  ['mining.set', 'ethereum'],
  ['eth_submitLogin', 'ethereum'],
  ['eth_getWork', 'ethereum'],
  ['eth_submitWork', 'ethereum'],
  ['eth_submitHashrate', 'ethereum'],
  ['eth_login', 'ethereum'],
  ['getblocktemplate', 'getwork'],
  ['submitblock', 'getwork'],
  ['getwork', 'getwork'],
  ['getjobtemplate', 'getwork'],
])

const weakMethods = new Set(['login', 'job', 'submit', 'keepalived', 'getjob'])

/** `name/1.2.3`, as miners introduce themselves. */
const agentPattern = /^[A-Za-z][\w.+-]{1,40}\/v?\d+\.\d+/
const moneroAddress = /^[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}/

/** Reads both directions of one connection as they come; bounded, whatever arrives. */
export class StratumReader {
  readonly #sides = { client: new JsonLines(), server: new JsonLines() }
  readonly #methods = new Set<string>()
  readonly #tokens = new Set<string>()
  #dialect: Mining['dialect'] | undefined
  #agent: string | undefined
  #worker: string | undefined

  /** False when neither direction can add anything: what comes need not be fed. */
  get open(): boolean {
    return this.#sides.client.open || this.#sides.server.open
  }

  feed(from: 'client' | 'server', bytes: Uint8Array): void {
    this.#sides[from].feed(bytes, (line) => this.#line(line))
  }

  /** Bytes are missing here: the line they belong to is given up. */
  gap(from: 'client' | 'server'): void {
    this.#sides[from].gap()
  }

  result(): Mining | undefined {
    for (const side of [this.#sides.client, this.#sides.server]) side.flush((line) => this.#line(line))
    const cryptonote = this.#tokens.size >= weakTokensMin
    const dialect = this.#dialect ?? (cryptonote ? 'cryptonote' : undefined)
    if (!dialect) return undefined
    const methods = [...this.#methods].filter((method) => cryptonote || strongMethods.has(method))
    return {
      methods,
      dialect,
      ...(this.#agent !== undefined && { agent: this.#agent }),
      ...(this.#worker !== undefined && { worker: this.#worker }),
    }
  }

  #line(line: string): void {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      return
    }
    const messages = Array.isArray(value) ? value.slice(0, 16) : [value]
    for (const message of messages) if (isObject(message)) this.#message(message)
  }

  #message(message: Record<string, unknown>): void {
    const { method, params, result } = message
    if (typeof method === 'string') {
      const dialect = strongMethods.get(method)
      if (dialect) this.#strong(method, dialect, params, message)
      else if (weakMethods.has(method)) this.#weak(method, params)
    } else if (isObject(result)) {
      // The answer to `login` carries the first job.
      if (isObject(result.job)) this.#jobTokens(result.job)
      else this.#jobTokens(result)
    } else if (message.id === 0 && isWorkPackage(result)) {
      this.#dialect ??= 'ethereum'
    }
  }

  #strong(
    method: string,
    dialect: Mining['dialect'],
    params: unknown,
    message: Record<string, unknown>,
  ): void {
    this.#addMethod(method)
    // getblocktemplate and kin are also asked of one's own node; a pool's own words outrank them.
    if (this.#dialect === undefined || this.#dialect === 'getwork') this.#dialect = dialect
    const first = Array.isArray(params) ? params[0] : undefined
    if (method === 'mining.subscribe') this.#setAgent(first)
    else if (method === 'mining.hello' && isObject(params)) this.#setAgent(params.agent)
    else if (method === 'mining.authorize' || method === 'eth_submitLogin' || method === 'eth_login') {
      const rig = typeof message.worker === 'string' && message.worker !== '' ? `.${message.worker}` : ''
      if (typeof first === 'string') this.#setWorker(first + rig)
    }
  }

  #weak(method: string, params: unknown): void {
    if (!isObject(params)) return
    this.#addMethod(method)
    if (method === 'login') {
      if (typeof params.agent === 'string' && agentPattern.test(params.agent)) this.#tokens.add('agent')
      if (typeof params.login === 'string') {
        if (moneroAddress.test(params.login)) this.#tokens.add('address')
        this.#setWorker(params.login)
      }
      // Both words in one login are CryptoNote's own pair; `algo` is a list of names such as rx/0.
      if (typeof params.pass === 'string' && isAlgorithmList(params.algo)) this.#tokens.add('algo')
      this.#setAgent(params.agent)
    } else if (method === 'submit') {
      if (isHex(params.nonce, 8, 8) && typeof params.job_id === 'string') this.#tokens.add('nonce')
      if (isHex(params.result, 64, 64) && typeof params.job_id === 'string') this.#tokens.add('share')
    } else this.#jobTokens(params)
  }

  #jobTokens(job: Record<string, unknown>): void {
    if (typeof job.job_id === 'string') {
      if (isHex(job.blob, 100, 1024)) this.#tokens.add('blob')
      if (isHex(job.target, 8, 8) || isHex(job.target, 16, 16)) this.#tokens.add('target')
    }
    if (isHex(job.seed_hash, 64, 64)) this.#tokens.add('seed_hash')
  }

  #addMethod(method: string): void {
    if (this.#methods.size < methodsMax) this.#methods.add(method)
  }

  #setAgent(value: unknown): void {
    if (typeof value === 'string' && value !== '') this.#agent ??= printable(value, 120)
  }

  #setWorker(value: string): void {
    if (value !== '') this.#worker ??= printable(value, 200)
  }
}

/** Mining talk in the given beginnings of a connection's two directions. */
export function readStratum(client: Uint8Array, server: Uint8Array): Mining | undefined {
  if (!mayBeJsonLines(client) && !mayBeJsonLines(server)) return undefined
  const reader = new StratumReader()
  reader.feed('client', client)
  reader.feed('server', server)
  return reader.result()
}

/**
 * Whether a stream begins with Stratum V2's SetupConnection (frame: extension U16, type U8 = 0, length U24, all
 * little endian; then protocol, versions, flags and a host name). Only ever "possible": six bytes prove little.
 */
export function mayBeStratumV2(bytes: Uint8Array): boolean {
  if (bytes.length < 19 || u16(bytes, 0) !== 0 || bytes[2] !== 0) return false
  const length = (bytes[3] ?? 0) | ((bytes[4] ?? 0) << 8) | ((bytes[5] ?? 0) << 16)
  if (u24(bytes, 3) === 0 || length < 13 || length > 2048 || (bytes[6] ?? 9) > 2) return false
  const versionMin = (bytes[7] ?? 0) | ((bytes[8] ?? 0) << 8)
  const versionMax = (bytes[9] ?? 0) | ((bytes[10] ?? 0) << 8)
  if (versionMin !== 2 || versionMax < 2 || versionMax > 9) return false
  const hostLength = bytes[15] ?? 0
  for (let i = 16; i < 16 + hostLength && i < bytes.length; i++) {
    if ((bytes[i] ?? 0) < 33 || (bytes[i] ?? 0) > 126) return false
  }
  return hostLength > 0 && hostLength + 10 < length
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isHex(value: unknown, min: number, max: number): boolean {
  return (
    typeof value === 'string' && value.length >= min && value.length <= max && /^[0-9a-fA-F]+$/.test(value)
  )
}

function isAlgorithmList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.some(
      (name) =>
        typeof name === 'string' && /^(cn|rx|ghostrider|argon2|astrobwt|kawpow|panthera)\b/.test(name),
    )
  )
}

/** A pushed Ethereum work package: header hash, seed hash and target, 32 bytes each. */
function isWorkPackage(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length >= 3 &&
    value.length <= 5 &&
    value.slice(0, 3).every((part) => typeof part === 'string' && /^0x[0-9a-fA-F]{64}$/.test(part))
  )
}
