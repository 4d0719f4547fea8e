// What was denied since the agent's last hook, in words for the agent: so that it stops trying, and asks a person.

import type { JournalLine } from '../../schema/journal.ts'

const shownMax = 8
const keptMax = 64

export class DenialsTold {
  /** By destination: the reason. */
  readonly #waiting = new Map<string, string>()
  #more = 0

  see(line: JournalLine): void {
    const denied =
      (line.class === 'network_activity' && (line.activity === 'refuse' || line.activity === 'close')) ||
      line.class === 'http_activity'
    if (!denied || line.disposition !== 'blocked') return
    const { ip, port, hostname } = line.dstEndpoint
    const host = (hostname ?? ip).replace(/[^\w.:-]/g, '?').slice(0, 100)
    const destination = port === undefined ? host : `${host}:${port}`
    if (this.#waiting.has(destination)) return
    if (this.#waiting.size >= keptMax) this.#more++
    else this.#waiting.set(destination, reasonOf(line.policy?.reason ?? 'denied by policy'))
  }

  /** Undefined when there is nothing to tell. What was told is not told again. */
  take(): string | undefined {
    if (this.#waiting.size === 0) return undefined
    const all = [...this.#waiting].map(([destination, reason]) => `${destination} (${reason})`)
    const more = this.#more + Math.max(0, all.length - shownMax)
    this.#waiting.clear()
    this.#more = 0
    const list = all.slice(0, shownMax).join('; ')
    return `The sandbox's policy denied: ${list}${more > 0 ? `; and ${more} more` : ''}. Trying again will not help; if it is needed, ask the user to allow it.`
  }
}

/** Reasons name hosts that a program chose: plain characters only. */
function reasonOf(text: string): string {
  return text.replace(/[^\w .,:;'()/-]/g, '?').slice(0, 120)
}
