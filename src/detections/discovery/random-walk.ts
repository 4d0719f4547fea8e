import { isMetadata } from '../../base/ip.ts'
import { defineDetection, type Hit, type SeenEvent } from '../api.ts'
import { placeOf, targetKey } from '../places.ts'
import { TargetSet } from '../target-set.ts'
import { failed, place, subject, succeeded, whom } from '../words.ts'

interface Walk {
  /** Logarithm of the likelihood ratio "scanner" to "honest". */
  ratio: number
  readonly contacted: TargetSet
  /** Failed first contacts since the walk last began. */
  failures: SeenEvent[]
  failedTargets: number
}

export const randomWalk = defineDetection({
  id: 'probing.random-walk',
  name: 'Too many first contacts fail',
  kind: 'probing',
  severity: 'high',
  confidence: 0.85,
  attack: ['T1046', 'T1018'], // Network Service Discovery, Remote System Discovery
  listensTo: ['network_activity'],
  falsePositives: [
    'A service the task needs is down, with all its replicas',
    'A client that walks a list of dead peers',
  ],
  blindSpots: ['Probes through an allowed proxy', 'Targets that answer', 'Logs that hold allowed flows only'],
  response: ['Find the call that scans and what it was after', 'Close what the sandbox need not reach'],
  options: {
    // Threshold Random Walk: Jung, Paxson, Berger, Balakrishnan, IEEE S&P 2004. A first contact succeeds with
    // probability theta0 for an honest source and theta1 for a scanner; alpha false alarms, beta found.
    theta0: 0.8,
    theta1: 0.2,
    alpha: 0.01,
    beta: 0.99,
    /** Outside the own network, where much is down at any time, so many failed targets are needed as well. */
    outsideFailuresMin: 25,
    insideFailuresMin: 4,
    sourcesMax: 20_000,
    targetsPerSourceMax: 4_096,
  },

  start({ options, boundedMap }) {
    const walks = boundedMap<string, Walk>(options.sourcesMax)
    const failureStep = Math.log((1 - options.theta1) / (1 - options.theta0))
    const successStep = Math.log(options.theta1 / options.theta0)
    const scanner = Math.log(options.beta / options.alpha)
    const honest = Math.log((1 - options.beta) / (1 - options.alpha))

    return (item): Hit | undefined => {
      const { ip, port } = item.event.dstEndpoint
      const { inside, group, loopback } = placeOf(ip)
      if (ip === '' || group || isMetadata(ip) || item.event.srcEndpoint.ip === ip) return undefined
      if (port === 53 || port === 123 || port === 5353 || loopback) return undefined
      const bad = failed(item)
      if (!bad && !succeeded(item)) return undefined
      const key = `${subject(item)}|${inside}`
      let walk = walks.get(key)
      if (!walk) {
        walk = { ratio: 0, contacted: new TargetSet(), failures: [], failedTargets: 0 }
        walks.set(key, walk)
      }
      const target = targetKey(ip, port)
      if (walk.contacted.has(target) || walk.contacted.size >= options.targetsPerSourceMax) return undefined
      walk.contacted.add(target)
      walk.ratio += bad ? failureStep : successStep
      if (bad) {
        walk.failedTargets++
        if (walk.failures.length < 100) walk.failures.push(item)
      }
      if (walk.ratio <= honest) {
        // Decided for honest: the walk begins anew, as in the paper.
        walk.ratio = 0
        walk.failures = []
        walk.failedTargets = 0
        return undefined
      }
      const failuresMin = inside ? options.insideFailuresMin : options.outsideFailuresMin
      if (!bad || walk.ratio < scanner || walk.failedTargets < failuresMin) return undefined
      // Kept at the threshold, so that a later success counts again.
      walk.ratio = Math.min(walk.ratio, scanner - 2 * successStep)
      const evidences = walk.failures.length > 0 ? walk.failures : [item]
      walk.failures = []
      return {
        title: `${whom(item)} probed ${walk.failedTargets} ${inside ? 'internal' : 'outside'} services that did not answer or were closed to it`,
        why: `Of its first contacts so many failed that a scanner is ${Math.round(Math.exp(scanner))} times likelier than an honest client (threshold random walk).`,
        evidences,
        destinations: evidences
          .map((e) => place(e.event.dstEndpoint.ip, e.event.dstEndpoint.port))
          .slice(0, 64),
        fact: inside ? 'inside' : 'outside',
        severity: inside ? 'high' : 'medium',
      }
    }
  },
  growing: true,
})
