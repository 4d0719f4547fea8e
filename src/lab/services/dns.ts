// The range's resolver: answers A for the names it was given, nothing for other types, NXDOMAIN for the rest.

import { createSocket } from 'node:dgram'

export function serveDns(ip: string, names: ReadonlyMap<string, string>): void {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const answer = answerDns(query, names)
    if (answer) socket.send(answer, from.port, from.address)
  })
  socket.bind(53, ip)
}

/** The reply to one query of one question, or undefined when it is none. */
export function answerDns(query: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array | undefined {
  const question = readQuestion(query)
  if (!question) return undefined
  const ip = names.get(question.name.toLowerCase())
  const answers = ip !== undefined && question.type === 1 ? 1 : 0
  const head = Uint8Array.from(query.subarray(0, question.end))
  head[2] = 0x84 | (head[2]! & 0x01) // A reply, authoritative; recursion as desired.
  head[3] = 0x80 | (ip === undefined ? 3 : 0)
  head.set([0, 1, 0, answers, 0, 0, 0, 0], 4)
  if (answers === 0) return head
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...ip!.split('.').map(Number)]
  return Uint8Array.from([...head, ...record])
}

/** Name and type of the first question; `end` is the offset after it. */
export function readQuestion(message: Uint8Array): { name: string; type: number; end: number } | undefined {
  if (message.length < 17 || message[5] !== 1) return undefined
  const labels: string[] = []
  let at = 12
  for (;;) {
    const length = message[at]
    if (length === undefined || length > 63) return undefined
    at++
    if (length === 0) break
    if (at + length > message.length) return undefined
    labels.push(String.fromCharCode(...message.subarray(at, at + length)))
    at += length
  }
  if (at + 4 > message.length) return undefined
  return { name: labels.join('.'), type: (message[at]! << 8) | message[at + 1]!, end: at + 4 }
}
