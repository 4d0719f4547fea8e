import { defineDetection, type SeenEvent } from '../api.ts'
import { remembered } from '../few.ts'
import { suffixIn } from '../names.ts'
import { destinationText, failed, namesOf, subject, whom } from '../words.ts'

/** Who rents GPUs by the hour: reaching their API is near to ordering. */
const renters = new Set(
  'api.vast.ai console.vast.ai rest.runpod.io api.runpod.io api.runpod.ai cloud.lambdalabs.com cloud.lambda.ai api.paperspace.io api.paperspace.com api.tensordock.com marketplace.tensordock.com api.hyperstack.cloud infrahub-api.nexgencloud.com api.datacrunch.io api.fluidstack.io platform.fluidstack.io api.salad.com api.shadeform.ai api.genesiscloud.com api.primeintellect.ai'.split(
    ' ',
  ),
)
/** Where clouds take orders for machines; asked by SDKs, seldom by accident. */
const orders =
  /^(?:(?:api\.)?ec2|ecs|batch|sagemaker|autoscaling|servicequotas)\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$|^(?:compute|tpu|notebooks|aiplatform)\.googleapis\.com$|^management\.azure\.com$|^(?:ecs|pai\w{0,8}|ess)(?:[.-][a-z0-9-]{2,24})?\.aliyuncs\.com$|^(?:cvm|batch)(?:\.[a-z-]{2,24})?\.tencentcloudapi\.com$/

export const cloudApiName = defineDetection({
  id: 'provisioning.api-name',
  name: 'API that rents out compute reached',
  kind: 'provisioning',
  severity: 'medium',
  confidence: 0.5,
  attack: ['T1578.002', 'T1580'], // Create Cloud Instance, Cloud Infrastructure Discovery
  listensTo: ['tls_activity', 'http_activity', 'dns_activity', 'network_activity'],
  falsePositives: ['Tools that read from the same API', 'Infrastructure tasks'],
  blindSpots: ['What was asked: the body is encrypted', 'Consoles behind shared names'],
  response: ['Compare with the cloud’s audit log', 'Block the API for sandboxes that need no cloud'],
  options: { regionsMin: 10, regionsWindowS: 60, sourcesMax: 10_000 },

  start({ options, boundedMap }) {
    const regions = boundedMap<string, { startUs: number; seen: Set<string>; events: SeenEvent[] }>(
      options.sourcesMax,
    )
    const judge = remembered((name) => {
      const renter = suffixIn(name, renters)
      const order = renter === undefined ? orders.exec(name) : null
      return renter === undefined && !order ? undefined : { renter, region: order?.[1] }
    })
    return (item) => {
      for (const name of namesOf(item)) {
        const found = judge(name)
        if (!found) continue
        const { renter, region } = found
        const asked = item.event.class === 'dns_activity'
        if (region !== undefined) {
          const key = subject(item) ?? ''
          let state = regions.get(key)
          if (!state || item.us > state.startUs + options.regionsWindowS * 1e6) {
            state = { startUs: item.us, seen: new Set(), events: [] }
            regions.set(key, state)
          }
          if (!state.seen.has(region) && state.events.length < 100) state.events.push(item)
          state.seen.add(region)
          if (state.seen.size >= options.regionsMin) {
            return {
              title: `${whom(item)} went through the cloud's regions (${state.seen.size} within a minute)`,
              why: 'Asking many regions at once maps where machines can be had.',
              evidences: state.events,
              destinations: [name],
              fact: 'regions',
              severity: 'high',
              confidence: 0.7,
            }
          }
        }
        return {
          title: `${whom(item)} ${asked ? 'looked up' : failed(item) ? 'tried to reach' : 'reached'} ${asked ? name : destinationText(item)}, where compute is ordered`,
          why:
            renter === undefined
              ? 'The API that starts machines; what was asked cannot be seen from outside.'
              : `${renter} rents out GPUs by the hour.`,
          evidences: [item],
          destinations: [name],
          fact: renter ?? name,
          severity: renter === undefined ? 'low' : 'medium',
          confidence: renter === undefined ? 0.3 : 0.6,
        }
      }
      return undefined
    }
  },
})
