// A headless Chromium over its own pipe: no port, no library.
// Source: https://chromedevtools.github.io/devtools-protocol/ (--remote-debugging-pipe: JSON, each ended by a zero byte)

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** Path of a Chromium on this machine, or undefined. `VIGILES_CHROMIUM` wins. */
export function findChromium(): string | undefined {
  const places = [
    process.env.VIGILES_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  return places.find((place) => place !== undefined && existsSync(place))
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
]

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

export class Page {
  /** Errors the page logged or threw, and requests its policy refused. */
  readonly errors: string[] = []
  /** Every address the page asked for. */
  readonly requests: string[] = []
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #in: Writable
  readonly #waiting = new Map<number, { done: (m: Message) => void; failed: (e: Error) => void }>()
  readonly #events = new Map<string, () => void>()
  #session = ''
  #id = 0

  private constructor(child: ChildProcess, profile: string) {
    this.#process = child
    this.#profile = profile
    this.#in = child.stdio[3] as Writable
    let rest = ''
    ;(child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\0')
      rest = parts.pop() ?? ''
      for (const part of parts) this.#receive(JSON.parse(part) as Message)
    })
    child.once('exit', () => {
      for (const { failed } of this.#waiting.values()) failed(new Error('Chromium ended'))
      this.#waiting.clear()
    })
  }

  /** Of Chromium's first process. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  static async open(
    chromium: string,
    size: { width: number; height: number; dark?: boolean },
  ): Promise<Page> {
    const profile = await mkdtemp(join(tmpdir(), 'vigiles-chromium-'))
    const child = spawn(chromium, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    const page = new Page(child, profile)
    const { targetId } = await page.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await page.send('Target.attachToTarget', { targetId, flatten: true })
    page.#session = String(sessionId)
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`)
    await page.resize(size)
    return page
  }

  async resize({
    width,
    height,
    dark = false,
  }: {
    width: number
    height: number
    dark?: boolean
  }): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: width < 600,
    })
    await this.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    })
  }

  async goto(url: string): Promise<void> {
    await this.load(url)
    await this.settle()
  }

  /** Without waiting for a frame, which a page whose scripts are off cannot report. */
  async load(url: string): Promise<void> {
    const loaded = new Promise<void>((done) => this.#events.set('Page.loadEventFired', done))
    await this.send('Page.navigate', { url })
    await loaded
  }

  /** Two frames later: what was asked to be painted is painted. */
  async settle(): Promise<void> {
    await this.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  }

  /** The value of an expression in the page; promises are awaited. */
  async evaluate<T = unknown>(expression: string): Promise<T> {
    const answer = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails))
    return (answer.result as { value: T }).value
  }

  async screenshot(whole = false): Promise<Uint8Array> {
    const { data } = await this.send('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: whole,
    })
    return Buffer.from(String(data), 'base64')
  }

  async send(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#id
    const session = this.#session === '' ? {} : { sessionId: this.#session }
    const answer = new Promise<Message>((done, failed) => this.#waiting.set(id, { done, failed }))
    this.#in.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    const { result, error } = await answer
    if (error) throw new Error(`${method}: ${error.message}`)
    return result ?? {}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((done) => this.#process.once('exit', done))
    this.#process.kill('SIGKILL')
    await ended
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }

  #receive(message: Message): void {
    if (message.id !== undefined) {
      this.#waiting.get(message.id)?.done(message)
      this.#waiting.delete(message.id)
      return
    }
    const { method = '', params = {} } = message
    this.#events.get(method)?.()
    if (method === 'Runtime.exceptionThrown') this.errors.push(JSON.stringify(params))
    if (method === 'Log.entryAdded') this.errors.push(JSON.stringify(params.entry))
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error')
      this.errors.push(JSON.stringify(params.args))
    if (method === 'Network.requestWillBeSent') {
      this.requests.push(String((params.request as { url?: unknown } | undefined)?.url))
    }
  }
}
