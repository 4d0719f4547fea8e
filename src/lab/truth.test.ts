import { expect, test } from 'vitest'
import { type ConntrackLine, parseConntrack } from './conntrack.ts'
import { otherGids } from './plan.ts'
import type { Flow } from './sensor/flows.ts'
import { establishTruth } from './truth.ts'

function line(at: string, tuple: string, reply: string, mark = 0): ConntrackLine {
  const text = `[${at}]\t    [NEW] tcp      6 120 SYN_SENT ${tuple} [UNREPLIED] ${reply}${mark ? ` mark=${mark}` : ''} id=1`
  const parsed = parseConntrack(text)
  if (!parsed) throw new Error(text)
  return parsed
}

const boxTuple = 'src=10.1.1.7 dst=192.0.2.5 sport=40000 dport=443'
const natReply = 'src=192.0.2.5 dst=203.0.113.9 sport=443 dport=20001'
const plainReply = 'src=192.0.2.5 dst=10.1.1.7 sport=443 dport=40000'

function flow(id: number, srcPort: number, startUs: number): Flow {
  return {
    id,
    protocol: 'tcp',
    src: '203.0.113.9',
    srcPort,
    dst: '192.0.2.5',
    dstPort: 443,
    startUs,
    endUs: startUs,
    packetsToServer: 1,
    packetsToClient: 0,
    bytesToServer: 60,
    bytesToClient: 0,
    flagsToServer: 2,
    flagsToClient: 0,
    messages: [],
    application: { protocol: 'unknown' },
  }
}

const calls = new Map([[100_004, { sourceId: 'call_1', box: 'sbx-1', episode: 'ep-1', part: null }]])
const known = { calls, boxOf: new Map([['10.1.1.7', 'sbx-1']]), natIp: '203.0.113.9' }

test('reads both tuples, the time to the microsecond and the mark', () => {
  expect(line('1795508856.447898', boxTuple, natReply, 101_905)).toMatchObject({
    us: 1_795_508_856_447_898,
    kind: 'NEW',
    protocol: 'tcp',
    src: '10.1.1.7',
    srcPort: 40_000,
    dst: '192.0.2.5',
    dstPort: 443,
    natIp: '203.0.113.9',
    natPort: 20_001,
    mark: 101_905,
  })
  expect(parseConntrack('conntrack v1.4.7: 3 flow events have been shown.')).toBeUndefined()
})

test('a connection is the call whose group id the kernel marked it with', () => {
  const { truth, connectionOf } = establishTruth({
    ...known,
    router: [line('1000.000100', boxTuple, natReply)],
    owners: [line('1000.000200', boxTuple, plainReply, 100_004)],
    flows: [flow(0, 20_001, 1_000_000_090)],
  })
  expect(truth).toMatchObject([
    {
      box: 'sbx-1',
      natPort: 20_001,
      timeUs: 1_000_000_090,
      toolCall: 'call_1',
      cause: 'call',
      episode: 'ep-1',
    },
  ])
  expect(connectionOf.get(0)).toBe(0)
})

test('a port that comes round again goes to the owner nearest in time', () => {
  const { truth } = establishTruth({
    ...known,
    router: [line('1000.000000', boxTuple, natReply), line('1090.000000', boxTuple, natReply)],
    owners: [
      line('1000.010000', boxTuple, plainReply, otherGids.boxDaemon),
      line('1090.010000', boxTuple, plainReply, 100_004),
    ],
    flows: [],
  })
  expect(truth.map(({ cause }) => cause)).toEqual(['benign-daemon', 'call'])
})

test('what nobody saw being made is unlabelled, never guessed', () => {
  const { truth } = establishTruth({
    ...known,
    router: [line('1000.000000', boxTuple, natReply)],
    owners: [],
    flows: [flow(0, 20_001, 1_000_000_000), flow(1, 20_555, 1_000_000_000)],
  })
  expect(truth.map(({ cause, toolCall }) => [cause, toolCall])).toEqual([
    ['unlabelled', null],
    ['unlabelled', null],
  ])
})

test('what came in through the published port is the outside', () => {
  const inbound = line(
    '1000.000000',
    'src=198.51.100.3 dst=203.0.113.9 sport=5555 dport=8443',
    'src=10.1.1.1 dst=198.51.100.3 sport=8443 dport=5555',
  )
  const { truth } = establishTruth({ ...known, router: [inbound], owners: [], flows: [] })
  expect(truth).toMatchObject([
    { cause: 'outside', box: null, toolCall: null, natIp: '203.0.113.9', natPort: 8443 },
  ])
})
