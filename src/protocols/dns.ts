// DNS messages (RFC 1035, SVCB/HTTPS RFC 9460), over UDP and with TCP's two-byte length.

import { u16, u32 } from './bytes.ts'
import { readName } from './dns-name.ts'
import { readRecordValue, recordTypeName } from './dns-records.ts'

interface DnsQuestion {
  /** Without the final dot, as it was written (`.` for the root); odd bytes as `\DDD`. */
  readonly name: string
  readonly type: string
}

interface DnsAnswer extends DnsQuestion {
  readonly ttlSeconds: number
  /** Address, name or text; a form of its own for other types. Never longer than `answerChars`. */
  readonly value: string
  /** Addresses a SVCB/HTTPS record suggests. */
  readonly hints?: readonly string[]
}

export interface DnsMessage {
  readonly id: number
  readonly response: boolean
  readonly opcode: number
  readonly truncated: boolean
  /** `NOERROR`, `NXDOMAIN`…, `RCODE12` for unnamed ones. */
  readonly rcode: string
  readonly questions: readonly DnsQuestion[]
  readonly answers: readonly DnsAnswer[]
  /** False when the bytes ended or broke before every announced question and answer was read. */
  readonly complete: boolean
}

/** What is beyond these is left unread, and `complete` is false. */
const dnsLimits = { questions: 16, answers: 64 } as const

const rcodes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
]

/** Undefined when the bytes are not a DNS message with at least one readable question or answer. */
export function readDns(bytes: Uint8Array): DnsMessage | undefined {
  if (bytes.length < 17) return undefined // Header, a root name, type and class.
  const flags = u16(bytes, 2)
  const opcode = (flags >> 11) & 15
  if (opcode > 6 || opcode === 3 || (flags & 0x40) !== 0) return undefined
  const questionCount = u16(bytes, 4)
  const answerCount = u16(bytes, 6)
  if (questionCount > dnsLimits.questions) return undefined
  let at = 12
  let complete = true
  const questions: DnsQuestion[] = []
  for (let i = 0; i < questionCount && complete; i++) {
    const name = readName(bytes, at)
    if (!name || name.end + 4 > bytes.length) complete = false
    else {
      questions.push({ name: name.text, type: recordTypeName(u16(bytes, name.end)) })
      at = name.end + 4
    }
  }
  const answers: DnsAnswer[] = []
  for (let i = 0; i < answerCount && complete; i++) {
    const name = readName(bytes, at)
    if (i >= dnsLimits.answers || !name || name.end + 10 > bytes.length) {
      complete = false
      break
    }
    const type = u16(bytes, name.end)
    const ttlSeconds = u32(bytes, name.end + 4)
    const from = name.end + 10
    at = from + u16(bytes, name.end + 8)
    if (at > bytes.length) {
      complete = false
      break
    }
    answers.push({
      name: name.text,
      type: recordTypeName(type),
      ttlSeconds,
      ...readRecordValue(bytes, type, from, at),
    })
  }
  if (questions.length === 0 && answers.length === 0) return undefined
  const rcode = flags & 15
  return {
    id: u16(bytes, 0),
    response: (flags & 0x8000) !== 0,
    opcode,
    truncated: (flags & 0x200) !== 0,
    rcode: rcodes[rcode] ?? `RCODE${rcode}`,
    questions,
    answers,
    complete,
  }
}

/**
 * Whether a datagram on an odd port is certainly a plain DNS query or its reply: one question of class IN,
 * nothing else but EDNS, and not a byte too many.
 */
export function isCertainDns(bytes: Uint8Array): boolean {
  if (bytes.length < 18 || bytes.length > 4096) return false
  const flags = u16(bytes, 2)
  if ((flags & 0x7800) !== 0 || (flags & 0x40) !== 0 || u16(bytes, 4) !== 1) return false
  const response = (flags & 0x8000) !== 0
  if (!response && (u16(bytes, 6) !== 0 || u16(bytes, 8) !== 0 || u16(bytes, 10) > 2)) return false
  const name = readName(bytes, 12)
  if (!name || name.end + 4 > bytes.length || u16(bytes, name.end + 2) !== 1) return false
  if (name.text === '.' || recordTypeName(u16(bytes, name.end)).startsWith('TYPE')) return false
  return response || u16(bytes, 10) > 0 || name.end + 4 === bytes.length
}

/** The messages of a TCP stream's beginning; `rest` is where the first incomplete one starts. */
export function splitDnsStream(bytes: Uint8Array): {
  readonly messages: Uint8Array[]
  readonly rest: number
} {
  const messages: Uint8Array[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const end = at + 2 + u16(bytes, at)
    if (end > bytes.length) break
    messages.push(bytes.subarray(at + 2, end))
    at = end
  }
  return { messages, rest: at }
}

/** The answers of a reply as an event shows them: values, and the addresses SVCB records suggest. */
export function answerTexts(message: DnsMessage): string[] {
  const texts: string[] = []
  for (const answer of message.answers) {
    if (answer.value !== '') texts.push(answer.value)
    for (const hint of answer.hints ?? []) texts.push(hint)
  }
  return texts
}
