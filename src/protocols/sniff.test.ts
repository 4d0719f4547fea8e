import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sniffDatagram } from './datagram.ts'
import { sniff } from './sniff.ts'
import { readWebSocketData } from './websocket.ts'

const none = new Uint8Array(0)
const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0))
const bytes = (...parts: (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((p) => (typeof p === 'number' ? [p] : ascii(p))))

/** A masked frame, as clients send. */
function masked(text: string): number[] {
  const mask = [1, 2, 3, 4]
  return [0x82, 0x80 | text.length, ...mask, ...ascii(text).map((c, i) => c ^ (mask[i & 3] ?? 0))]
}

const upgrade =
  'GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: chisel-v3\r\n\r\n'
const switching =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: chisel-v3\r\n\r\n'

describe('sniff', () => {
  it('recognises SSH and who is its client', () => {
    const init = [0, 0, 0, 12, 4, 30, ...new Array<number>(10).fill(0)]
    expect(sniff(bytes('SSH-2.0-a\r\n', ...init), bytes('SSH-2.0-b\r\n'))).toEqual({
      layers: ['ssh'],
      ssh: { client: 'SSH-2.0-a', server: 'SSH-2.0-b' },
      sshClient: 'initiator',
    })
    // The listener speaks as the client: somebody called home to be logged in to.
    expect(sniff(bytes('SSH-2.0-a\r\n'), bytes('SSH-2.0-b\r\n', ...init))).toMatchObject({
      ssh: { client: 'SSH-2.0-b', server: 'SSH-2.0-a' },
      sshClient: 'responder',
    })
  })

  it('finds SSH behind CONNECT', () => {
    const seen = sniff(
      bytes('CONNECT h.example:443 HTTP/1.1\r\n\r\nSSH-2.0-a\r\n'),
      bytes('HTTP/1.1 200 OK\r\n\r\nSSH-2.0-b\r\n'),
    )
    expect(seen).toMatchObject({
      layers: ['http', 'ssh'],
      target: { host: 'h.example', port: 443 },
      http: { method: 'CONNECT', status: 200 },
      ssh: { client: 'SSH-2.0-a', server: 'SSH-2.0-b' },
    })
  })

  it('reads what else is asked on a connection that is kept open', () => {
    const first = 'PUT /latest/api/token HTTP/1.1\r\nHost: m\r\nContent-Length: 2\r\n\r\nab'
    const second = 'GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\nHost: m\r\n\r\n'
    expect(sniff(bytes(first, second, second), none).http).toEqual({
      method: 'PUT',
      path: '/latest/api/token',
      morePaths: Array.from({ length: 2 }, () => '/latest/meta-data/iam/security-credentials/'),
    })
  })

  it('does not take a page about SSH for SSH', () => {
    const page = 'HTTP/1.1 200 OK\r\n\r\nServers say:\nSSH-2.0-OpenSSH_9.2\n'
    expect(sniff(bytes('GET /ssh.txt HTTP/1.1\r\nHost: d\r\n\r\n'), bytes(page)).layers).toEqual(['http'])
    expect(sniff(bytes('HELO a\r\n'), bytes('220 mail\r\nSSH-2.0-x\r\n')).ssh).toBeUndefined()
  })

  it('finds SSH inside WebSocket, as chisel does it', () => {
    const seen = sniff(
      bytes(upgrade, ...masked('SSH-chisel-v3-client\r\n')),
      bytes(switching, 0x82, 22, 'SSH-chisel-v3-server\r\n'),
    )
    expect(seen).toMatchObject({
      layers: ['http', 'websocket', 'ssh'],
      webSocketProtocol: 'chisel-v3',
      httpHost: 'a.example',
      ssh: { client: 'SSH-chisel-v3-client', server: 'SSH-chisel-v3-server' },
    })
  })

  it('finds mining inside WebSocket, in a POST body and behind SOCKS', () => {
    const line = '{"id":1,"method":"mining.subscribe","params":[]}\n'
    expect(sniff(bytes(upgrade, ...masked(line)), bytes(switching)).layers).toEqual([
      'http',
      'websocket',
      'stratum',
    ])
    const post = `POST / HTTP/1.1\r\nHost: n\r\n\r\n{"id":0,"method":"getblocktemplate","params":[]}`
    expect(sniff(bytes(post), none)).toMatchObject({
      layers: ['http', 'stratum'],
      mining: { dialect: 'getwork' },
    })
    expect(sniff(bytes(4, 1, 0, 80, 192, 0, 2, 1, 0, line), none).layers).toEqual(['socks', 'stratum'])
  })

  it.each([
    ['bitcoin-p2p', bytes(0xf9, 0xbe, 0xb4, 0xd9, 'version')],
    ['git', bytes('0032git-upload-pack /a\0host=b\0')],
    ['redis', bytes('*1\r\n$4\r\nPING\r\n')],
    ['http2', bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ])('recognises %s', (name, client) => {
    expect(sniff(client, none).layers).toEqual([name])
  })

  it('recognises nothing in nothing', () => {
    expect(sniff(none, none)).toEqual({ layers: [] })
    expect(sniff(bytes('hello\n'), bytes('hi\n'))).toEqual({ layers: [] })
  })

  it('is total, and ends, on any bytes behind any beginning', () => {
    const starts = [
      '',
      upgrade,
      switching,
      'CONNECT a:1 HTTP/1.1\r\n\r\n'.repeat(9),
      '\x05\x01\x00\x05\x01\x00\x03',
      '{"id":1,',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.constantFrom(...starts),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 200 }),
        (a, b, c, d) => {
          sniff(bytes(a, ...c), bytes(b, ...d))
          sniffDatagram(c, 123)
        },
      ),
    )
  })
})

describe('readWebSocketData', () => {
  it('leaves control frames out, and takes what there is of the last one', () => {
    const frames = bytes(...masked('ab'), 0x89, 1, 'p', 0x81, 126, 1, 0, 'cd')
    expect(readWebSocketData(frames, 0)).toEqual(bytes('abcd'))
  })

  it('stops at what is no frame', () => {
    expect(readWebSocketData(bytes(0xff, 0xff, 'zz'), 0)).toEqual(none)
  })
})

describe('sniffDatagram', () => {
  it('knows what it is shown', () => {
    const filling = new Array<number>(200).fill(0)
    expect(sniffDatagram(bytes(0xc3, 0, 0, 0, 1, 8, ...filling), 443)).toBe('quic')
    expect(sniffDatagram(bytes(1, 0, 0, 0, ...filling.slice(0, 144)), 51_820)).toBe('wireguard')
    expect(sniffDatagram(bytes('TS', 0xf0, 0x9f, 0x92, 0xac), 41_641)).toBe('tailscale')
    expect(sniffDatagram(bytes(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...filling), 3478)).toBe('stun')
    expect(sniffDatagram(bytes('hello'), 9)).toBeUndefined()
  })
})
