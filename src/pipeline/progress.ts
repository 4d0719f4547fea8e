// Progress on stderr: what is being done, how far, how fast, how long still.

export interface Progress {
  begin(what: string, total: number, unit: 'B' | 'rows'): void
  advance(by: number): void
  end(): void
}

export const quietProgress: Progress = { begin() {}, advance() {}, end() {} }

/** Draws one line on a terminal, at most five times a second; elsewhere one line a stage when it took over a second. */
export class TerminalProgress implements Progress {
  readonly #write: (text: string) => void
  readonly #terminal: boolean
  readonly #now: () => number
  #what = ''
  #unit: 'B' | 'rows' = 'B'
  #total = 0
  #done = 0
  #began = 0
  #drawn = 0

  constructor(write: (text: string) => void, terminal: boolean, now: () => number) {
    this.#write = write
    this.#terminal = terminal
    this.#now = now
  }

  begin(what: string, total: number, unit: 'B' | 'rows'): void {
    this.#what = what
    this.#unit = unit
    this.#total = total
    this.#done = 0
    this.#began = this.#now()
    this.#drawn = 0
  }

  advance(by: number): void {
    this.#done += by
    const now = this.#now()
    if (!this.#terminal || now - this.#drawn < 200 || now - this.#began < 300) return
    this.#drawn = now
    const seconds = (now - this.#began) / 1000
    const rate = this.#done / Math.max(seconds, 0.001)
    const share = this.#total > 0 ? Math.min(1, this.#done / this.#total) : 0
    const filled = Math.round(share * 24)
    const left = rate > 0 ? Math.max(0, (this.#total - this.#done) / rate) : 0
    this.#write(
      `\r${this.#what.padEnd(12)} [${'#'.repeat(filled)}${'.'.repeat(24 - filled)}] ${Math.floor(share * 100)} %  ` +
        `${amount(rate, this.#unit)}/s  ${Math.ceil(left)} s left   `,
    )
  }

  end(): void {
    const seconds = (this.#now() - this.#began) / 1000
    if (this.#terminal && this.#drawn > 0) this.#write(`\r${' '.repeat(78)}\r`)
    if (seconds >= 1 && this.#total > 0) {
      this.#write(
        `${this.#what}: ${amount(this.#total, this.#unit)} in ${seconds.toFixed(1)} s ` +
          `(${amount(this.#total / seconds, this.#unit)}/s)\n`,
      )
    }
  }
}

function amount(value: number, unit: 'B' | 'rows'): string {
  const steps = unit === 'B' ? ['B', 'kB', 'MB', 'GB', 'TB'] : ['', 'k', 'M', 'G']
  let step = 0
  let scaled = value
  while (scaled >= 1000 && step < steps.length - 1) {
    scaled /= 1000
    step++
  }
  const digits = scaled >= 100 || step === 0 ? 0 : 1
  return unit === 'B'
    ? `${scaled.toFixed(digits)} ${steps[step]}`
    : `${scaled.toFixed(digits)}${steps[step]} rows`
}
