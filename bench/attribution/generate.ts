// Cases with known truth: boxes whose agents call tools that cause connections, and everything that gets in the way.
//
// It shares its structure with the model (calls cause events), so figures from it are upper bounds; the knobs under
// "mis-specified" are there to leave that structure.

import { type AttributionCase, eventFlags, targetVias } from '../../src/attribution/api.ts'
import { seededRandom } from '../../src/attribution/random.ts'
import { type EventClass, eventClasses } from '../../src/schema/event.ts'
import type { TopologyEntry } from '../../src/schema/topology.ts'

export interface Knobs {
  readonly seed: number
  readonly boxes: number
  /** 0: the log shows the box's own address; else this many boxes share one NAT address. */
  readonly perNat: number
  /** Share of translated connections for which a conntrack record exists too. */
  readonly natLog: number
  readonly seconds: number
  readonly callMeanS: number
  readonly thinkMeanS: number
  readonly eventsPerCall: number
  /** Share of network calls whose text names where they go. */
  readonly nameShare: number
  readonly names: number
  readonly zipf: number
  readonly lag: 'lognormal' | 'pareto'
  /** Connections without any call, as a share of all. */
  readonly backgroundShare: number
  /** Share of the background that comes in bursts; 1 and `burstsFollowCalls` makes them start where calls tend to. */
  readonly burstShare: number
  readonly burstsFollowCalls: boolean
  readonly periodicJobs: number
  readonly tunnels: number
  readonly unrecordedShare: number
  readonly delayedShare: number
  readonly offsetMs: number
  readonly driftPpm: number
  readonly zoneMinutes: number
  readonly resolutionUs: number
  readonly flowWindowS: number
  readonly loss: number
  readonly dns: number
  /** Records of one connection: 1, or flow + tls + alert. */
  readonly records: number
  readonly controlS: number
  readonly callSlackMs: number
  readonly withoutEnds: number
  readonly topology: boolean
  readonly namedBoxes: boolean
  readonly naiveAgents: boolean
  readonly inbound: number
  /** Moves every event within its box by chance: nothing is caused any more. */
  readonly nothingCaused: boolean
}

export const usual: Knobs = {
  seed: 1,
  boxes: 20,
  perNat: 0,
  natLog: 0,
  seconds: 3600,
  callMeanS: 4,
  thinkMeanS: 10,
  eventsPerCall: 1.2,
  nameShare: 0.6,
  names: 300,
  zipf: 1.1,
  lag: 'lognormal',
  backgroundShare: 0.35,
  burstShare: 0,
  burstsFollowCalls: false,
  periodicJobs: 0,
  tunnels: 0,
  unrecordedShare: 0,
  delayedShare: 0,
  offsetMs: 0,
  driftPpm: 0,
  zoneMinutes: 0,
  resolutionUs: 1000,
  flowWindowS: 0,
  loss: 0,
  dns: 0,
  records: 1,
  controlS: 0,
  callSlackMs: 0,
  withoutEnds: 0,
  topology: true,
  namedBoxes: true,
  naiveAgents: false,
  inbound: 0,
  nothingCaused: false,
}

export type Cause = 'call' | 'background' | 'periodic' | 'unrecorded' | 'inbound'
export interface Truth {
  /** Call of each event, -1 none of the recorded ones. */
  readonly call: Int32Array
  readonly cause: Cause[]
}

interface Act {
  time: number
  box: number
  call: number
  cause: Cause
  name: number
  port: number
}

interface Call {
  box: number
  start: number
  end: number
  tool: number
  background: boolean
  targets: { text: string; via: number }[]
  recorded: boolean
  episode: number
}

export const tools = ['shell', 'python', 'install', 'view'] as const
const t0 = Date.UTC(2026, 10, 24, 8) * 1000

export function generate(given: Partial<Knobs>): { case: AttributionCase; truth: Truth } {
  const k = { ...usual, ...given }
  const random = seededRandom(k.seed * 7919 + 17)
  const texts = ['']
  const ids = new Map<string, number>([['', 0]])
  const id = (text: string) => {
    let known = ids.get(text)
    if (known === undefined) {
      known = texts.length
      texts.push(text)
      ids.set(text, known)
    }
    return known
  }
  const exp = (mean: number) => -Math.log(1 - random()) * mean
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const lag = () =>
    k.lag === 'pareto' ? 0.03 * (1 - random()) ** (-1 / 0.9) : Math.exp(Math.log(0.32) + 1.05 * normal())
  const cumulative: number[] = []
  for (let n = 0, sum = 0; n < k.names; n++) {
    sum += 1 / (n + 1) ** k.zipf
    cumulative.push(sum)
  }
  const drawName = () => {
    const x = random() * cumulative[k.names - 1]!
    return cumulative.findIndex((c) => c >= x)
  }
  const nameText = (n: number) => (n >= 1000 ? `daemon${n - 1000}.example.net` : `site${n}.example.org`)
  const ipText = (n: number) =>
    n >= 1000 ? `198.51.100.${n - 1000}` : `203.${n >> 14}.${(n >> 7) & 127}.${n & 127}`

  const calls: Call[] = []
  const acts: Act[] = []
  const until = k.seconds
  for (let b = 0; b < k.boxes; b++) {
    let t = k.controlS + exp(k.thinkMeanS)
    let episode = b * 1000
    while (t < until) {
      const duration = Math.min(600, k.callMeanS * Math.exp(0.9 * normal() - 0.4))
      const draw = random()
      const tool = draw < 0.45 ? 0 : draw < 0.7 ? 1 : draw < 0.8 ? 2 : 3
      const call: Call = {
        box: b,
        start: t,
        end: t + duration,
        tool,
        background: false,
        targets: [],
        recorded: random() >= k.unrecordedShare,
        episode,
      }
      const index = calls.length
      calls.push(call)
      const cause: Cause = call.recorded ? 'call' : 'unrecorded'
      const act = (time: number, name: number, port = 443) =>
        acts.push({ time, box: b, call: index, cause, name, port })
      if (tool === 0 || tool === 1) {
        const many = poisson(random, tool === 0 ? k.eventsPerCall : k.eventsPerCall * 0.7)
        const named = tool === 0 && random() < k.nameShare
        const name = drawName()
        for (let x = 0; x < many; x++) {
          const delayed = random() < k.delayedShare
          const when = delayed
            ? t + duration + exp(120)
            : Math.min(t + lag(), t + duration + (random() < 0.05 ? exp(0.5) : -1e-3))
          act(Math.max(t + 0.005, when), x === 0 || random() < 0.7 ? name : drawName())
          if (delayed) call.background = true
        }
        if (named) call.targets.push({ text: nameText(name), via: 0 })
        else if (random() < 0.1) call.targets.push({ text: nameText(drawName()), via: 4 })
      } else if (tool === 2) {
        call.targets.push({ text: nameText(0), via: 3 }, { text: nameText(1), via: 3 })
        act(Math.min(t + lag(), call.end), 0)
        for (let x = 0; x < 2; x++) act(Math.min(t + lag() * 3, call.end), 1)
      }
      t = call.end + exp(k.thinkMeanS)
      if (random() < 0.04) episode++
    }
  }
  for (let x = 0; x < k.tunnels; x++) {
    const recordedCalls = calls.filter((c) => c.recorded && c.tool === 0)
    const call = recordedCalls[Math.floor(random() * recordedCalls.length)]
    if (!call) break
    call.background = true
    call.targets = [{ text: `c2-${x}.example.com`, via: x % 2 }]
    const name = 2000 + x
    const index = calls.indexOf(call)
    for (let t = call.start + lag(); t < until; t += 30 + 3 * random()) {
      acts.push({ time: t, box: call.box, call: index, cause: 'call', name, port: 22 })
    }
  }
  const caused = acts.length
  const wanted = Math.round((caused * k.backgroundShare) / Math.max(0.01, 1 - k.backgroundShare))
  for (let x = 0; x < wanted; ) {
    const box = Math.floor(random() * k.boxes)
    const name = random() < 0.6 ? 1000 + Math.floor(random() * 6) : drawName()
    let t = random() * until
    if (random() < k.burstShare) {
      if (k.burstsFollowCalls) t = calls[Math.floor(random() * calls.length)]!.start + exp(20)
      const size = 3 + Math.floor(exp(6))
      for (let y = 0; y < size && x < wanted; y++, x++) {
        acts.push({ time: t + exp(1.5), box, call: -1, cause: 'background', name, port: 443 })
      }
    } else {
      acts.push({ time: t, box, call: -1, cause: 'background', name, port: 443 })
      x++
    }
  }
  for (let x = 0; x < k.periodicJobs; x++) {
    const box = x % k.boxes
    const period = 20 + 40 * random()
    for (let t = random() * period; t < until; t += period) {
      acts.push({ time: t + 0.2 * random(), box, call: -1, cause: 'periodic', name: 1100 + x, port: 443 })
    }
  }
  for (let x = 0; x < k.inbound; x++) {
    acts.push({
      time: random() * until,
      box: Math.floor(random() * k.boxes),
      call: -1,
      cause: 'inbound',
      name: 0,
      port: 22,
    })
  }
  if (k.nothingCaused) {
    // What each call did stays together, at a time of its own: a rigid shift would only be a wrong clock.
    const first = new Map<number, number>()
    for (const act of acts) {
      if (act.call >= 0)
        first.set(act.call, Math.min(first.get(act.call) ?? Number.POSITIVE_INFINITY, act.time))
    }
    const moved = new Map(
      [...first.keys()].map((call) => [call, k.controlS + random() * (until - k.controlS)]),
    )
    for (const act of acts) {
      if (act.call < 0) continue
      act.time = moved.get(act.call)! + act.time - first.get(act.call)!
      act.call = -1
      act.cause = 'background'
    }
  }
  const kept = acts.filter((a) => a.time < until && random() >= k.loss).sort((a, b) => a.time - b.time)

  // Calls as the traces tell them.
  const recorded = calls.map((c, x) => ({ c, x })).filter(({ c }) => c.recorded)
  recorded.sort((a, b) => a.c.start - b.c.start)
  const newIndex = new Map(recorded.map(({ x }, j) => [x, j]))
  const m = recorded.length
  const targetsStart = new Uint32Array(m + 1)
  recorded.forEach(({ c }, j) => {
    targetsStart[j + 1] = targetsStart[j]! + c.targets.length
  })
  const allTargets = recorded.flatMap(({ c }) => c.targets)
  const zoneUs = k.zoneMinutes * 60e6
  const agentShift = k.naiveAgents ? zoneUs : 0
  const boxName = (b: number) => `box-${String(b).padStart(4, '0')}`
  const slackUs = k.callSlackMs * 1000

  // Events as the sensors tell them.
  interface Row {
    act: Act
    fromUs: number
    spanUs: number
    clock: number
    src: string
    sport: number
    nat: string
    nport: number
    dst: string
    dport: number
    name: string
    class: EventClass
    flags: number
    connection: string
    answers: string[]
  }
  const rows: Row[] = []
  const netStamp = (seconds: number) => {
    const trueUs = t0 + seconds * 1e6
    const drift = (seconds * k.driftPpm) | 0
    return trueUs + k.offsetMs * 1000 + drift + (k.naiveAgents ? 0 : zoneUs)
  }
  let port = 20_000
  kept.forEach((act, serial) => {
    port = 20_000 + ((port - 20_000 + 1) % 40_000)
    const own = `10.0.${act.box >> 8}.${act.box & 255}`
    const nat = k.perNat > 0 ? `192.0.2.${1 + Math.floor(act.box / k.perNat)}` : ''
    const dst = act.name >= 2000 ? `198.51.100.${200 + act.name - 2000}` : ipText(act.name)
    const name = act.name >= 2000 ? `c2-${act.name - 2000}.example.com` : nameText(act.name)
    const stamp = netStamp(act.time)
    const [fromUs, spanUs] =
      k.flowWindowS > 0
        ? [Math.floor(stamp / (k.flowWindowS * 1e6)) * k.flowWindowS * 1e6, k.flowWindowS * 1e6]
        : [Math.floor(stamp / k.resolutionUs) * k.resolutionUs, k.resolutionUs]
    const base = {
      act,
      fromUs,
      spanUs,
      clock: 0,
      src: nat || own,
      sport: port,
      nat: '',
      nport: 0,
      dst,
      dport: act.port,
      name: k.dns > 0 ? '' : name,
      class: 'network_activity' as EventClass,
      flags: act.port === 22 ? eventFlags.alert : 0,
      connection: `f${serial}`,
      answers: [] as string[],
    }
    if (act.cause === 'inbound') {
      rows.push({ ...base, src: `203.0.113.${serial % 250}`, dst: nat || own, name: '' })
      return
    }
    if (random() < k.dns) {
      const early = { ...base, fromUs: base.fromUs - Math.floor(20_000 + 30_000 * random()) }
      rows.push({
        ...early,
        class: 'dns_activity',
        dst: '10.255.0.53',
        dport: 53,
        sport: port ^ 1,
        name,
        connection: `d${serial}`,
        answers: [dst],
      })
    }
    rows.push(base)
    for (let r = 1; r < k.records; r++) {
      rows.push({
        ...base,
        fromUs: base.fromUs + Math.floor(r * 40_000 * random()),
        class: r === 1 ? 'tls_activity' : 'detection_finding',
        flags: r === 2 ? eventFlags.alert : 0,
      })
    }
    if (nat !== '' && random() < k.natLog) {
      rows.push({ ...base, clock: 1, src: own, nat, nport: port, name: '', connection: `n${serial}` })
    }
  })
  const n = rows.length
  const answersStart = new Uint32Array(n + 1)
  rows.forEach((r, i) => {
    answersStart[i + 1] = answersStart[i]! + r.answers.length
  })
  const topology: TopologyEntry[] = k.topology
    ? Array.from({ length: k.boxes }, (_, b) => ({
        box: boxName(b),
        ip: [`10.0.${b >> 8}.${b & 255}`],
        nat: k.perNat > 0 ? [{ ip: `192.0.2.${1 + Math.floor(b / k.perNat)}` }] : [],
        line: b + 1,
      }))
    : []
  return {
    truth: {
      call: Int32Array.from(rows, (r) => (r.act.cause === 'call' ? newIndex.get(r.act.call)! : -1)),
      cause: rows.map((r) => r.act.cause),
    },
    case: {
      clocks: [
        {
          name: 'suricata-eve:fw',
          side: 'network',
          zone: k.zoneMinutes && !k.naiveAgents ? 'naive' : 'utc',
          family: 'eve',
        },
        { name: 'conntrack:fw', side: 'network', zone: 'utc', family: 'conntrack' },
        { name: 'agents', side: 'agent', zone: k.naiveAgents ? 'naive' : 'utc', family: 'agents' },
      ],
      events: {
        n,
        fromUs: Float64Array.from(rows, (r) => r.fromUs),
        spanUs: Float64Array.from(rows, (r) => r.spanUs),
        endUs: new Float64Array(n).fill(Number.NaN),
        clock: Uint16Array.from(rows, (r) => r.clock),
        srcIp: Uint32Array.from(rows, (r) => id(r.src)),
        dstIp: Uint32Array.from(rows, (r) => id(r.dst)),
        natIp: Uint32Array.from(rows, (r) => id(r.nat)),
        srcPort: Uint16Array.from(rows, (r) => r.sport),
        dstPort: Uint16Array.from(rows, (r) => r.dport),
        natPort: Uint16Array.from(rows, (r) => r.nport),
        name: Uint32Array.from(rows, (r) => id(r.name)),
        rule: Uint32Array.from(rows, (r) => id((r.flags & eventFlags.alert) !== 0 ? 'policy violation' : '')),
        box: new Uint32Array(n),
        identity: new Uint32Array(n),
        connection: Uint32Array.from(rows, (r) => id(r.connection)),
        class: Uint8Array.from(rows, (r) => eventClasses.indexOf(r.class)),
        transport: Uint8Array.from(rows, (r) => (r.dport === 53 ? 2 : 1)),
        flags: Uint8Array.from(rows, (r) => r.flags),
        bytesOut: new Float64Array(n).fill(Number.NaN),
        bytesIn: new Float64Array(n).fill(Number.NaN),
        answersStart,
        answers: Uint32Array.from(
          rows.flatMap((r) => r.answers),
          (a) => id(a),
        ),
        file: new Uint32Array(n),
        line: Uint32Array.from(rows, (_, i) => i + 1),
      },
      calls: {
        n: m,
        startUs: Float64Array.from(recorded, ({ c }) =>
          Math.round(t0 + c.start * 1e6 + agentShift + slackUs * (2 * random() - 1)),
        ),
        endUs: Float64Array.from(recorded, ({ c }) =>
          random() < k.withoutEnds
            ? Number.NaN
            : Math.round(t0 + c.end * 1e6 + agentShift + slackUs * (2 * random() - 1)),
        ),
        uncertaintyUs: new Float64Array(m).fill(slackUs),
        clock: new Uint16Array(m).fill(2),
        box: Uint32Array.from(recorded, ({ c }) => (k.namedBoxes ? id(boxName(c.box)) : 0)),
        episode: Uint32Array.from(recorded, ({ c }) => id(`episode-${c.episode}`)),
        run: Uint32Array.from(recorded, ({ c }) => id(k.namedBoxes ? 'run-1' : `run-${c.box}`)),
        sourceId: Uint32Array.from(recorded, (_, j) => id(`call-${j}`)),
        turn: new Int32Array(m).fill(-1),
        step: new Int32Array(m).fill(-1),
        toolClass: Uint8Array.from(recorded, ({ c }) => c.tool),
        flags: Uint8Array.from(recorded, ({ c }) => (c.background ? 1 : 0) | (c.tool === 3 ? 2 : 0)),
        targetsStart,
        targets: Uint32Array.from(allTargets, (t) => id(t.text)),
        targetPort: new Uint16Array(allTargets.length),
        targetVia: Uint8Array.from(allTargets, (t) => Math.min(t.via, targetVias.length - 1)),
        file: new Uint32Array(m).fill(1),
        line: Uint32Array.from(recorded, (_, j) => j + 1),
      },
      texts,
      topology,
      toolClasses: tools,
      controls: k.controlS > 0 ? [{ fromUs: t0, toUs: t0 + k.controlS * 1e6 }] : [],
    },
  }
}

function poisson(random: () => number, mean: number): number {
  const limit = Math.exp(-mean)
  let n = 0
  for (let p = random(); p > limit; p *= random()) n++
  return n
}
