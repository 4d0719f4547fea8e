import { defineDetection, type SeenEvent } from '../api.ts'
import { destinationOf, destinationText, failed, whom } from '../words.ts'

/** CloudTrail, ActionTrail, Google audit and Kubernetes operations that start machines or jobs. */
const starts =
  /^(?:RunInstances|RequestSpotInstances|RequestSpotFleet|CreateFleet|StartInstances|RunTask|CreateService|RegisterTaskDefinition|SubmitJob|CreateComputeEnvironment|CreateTrainingJob|CreateNotebookInstance|CreateProcessingJob|CreateCluster|CreateNodegroup|CreateAutoScalingGroup|CreateInstance|CreateInstances|CreateAutoProvisioningGroup|CreateScalingGroup|CreateJob|RequestServiceQuotaIncrease)$|compute\.instances\.(?:insert|bulkInsert|start)$|compute\.instanceGroupManagers\.(?:insert|resize)$|container\.clusters\.create|CustomJob|CreateNode$|Microsoft\.Compute\/virtualMachines?(?:ScaleSets)?\/write|io\.k8s\.core\.v1\.pods\.create/i
const gpu = /^(?:p\d|g\d|trn\d|inf\d|dl\d)\w{0,4}\.|^a[23]-|^Standard_N|^ecs\.(?:e?gn|sccgn|vgn)/i

export const provisioningApi = defineDetection({
  id: 'provisioning.api',
  name: 'Compute ordered through a cloud’s interface',
  kind: 'provisioning',
  severity: 'high',
  confidence: 0.9,
  attack: ['T1578.002', 'T1496'], // Create Cloud Instance, Resource Hijacking
  listensTo: ['api_activity', 'http_activity', 'network_activity'],
  falsePositives: ['Operators and autoscalers in the same account'],
  blindSpots: [
    'Accounts whose audit log is not given, where the call itself is encrypted',
    'Orders in a request’s body',
  ],
  response: [
    'End what was started',
    'Revoke the key that was used',
    'Denied attempts count: find who gave access',
  ],
  options: {},

  start() {
    return (item) => {
      if (item.event.http) return ordered(item)
      const { api, unmapped } = item.event
      if (!api || !starts.test(api.operation)) return
      const type = Object.values(unmapped ?? {}).find((value) => typeof value === 'string' && gpu.test(value))
      const dry = /DryRunOperation/i.test(api.error ?? '')
      const denied = !dry && api.error !== undefined && api.error !== ''
      return {
        title: `${whom(item)} ${dry ? 'tried out' : denied ? 'was refused' : 'called'} ${api.operation}${api.service ? ` of ${api.service}` : ''}${type === undefined ? '' : ` for ${type}`}`,
        why: dry
          ? 'A dry run: the answer tells whether the order would be let through.'
          : denied
            ? `It starts machines or jobs; the cloud answered ${api.error}.`
            : 'It starts machines or jobs.',
        evidences: [item],
        destinations: api.service === undefined ? [] : [api.service],
        fact: api.operation,
        severity: dry || denied ? 'medium' : type !== undefined ? 'critical' : 'high',
      }
    }
  },
})

/** A request seen on the wire: query interfaces (AWS, Alibaba Cloud) name the operation in the address. */
function ordered(item: SeenEvent) {
  const { path = '', morePaths = [] } = item.event.http ?? {}
  const requests = [path, ...morePaths].filter((text) => starts.test(actionOf(text)))
  const request = requests[0]
  if (request === undefined) return
  const blocked = failed(item)
  const type = requests.map((text) => parameter(text, 'InstanceType')).find((value) => gpu.test(value))
  return {
    title: `${whom(item)} ${blocked ? 'tried to ask' : 'asked'} ${destinationText(item)} for ${actionOf(request)}${type === undefined ? '' : ` of ${type}`}`,
    why: blocked ? 'It starts machines or jobs, and did not get through.' : 'It starts machines or jobs.',
    evidences: [item],
    destinations: [destinationOf(item)],
    fact: `${destinationOf(item)} ${actionOf(request)}`,
    severity: blocked ? ('medium' as const) : type !== undefined ? ('critical' as const) : ('high' as const),
    confidence: 0.8,
  }
}

function actionOf(path: string): string {
  return parameter(path, 'Action')
}

/** A parameter of a query, cut at 80 characters; empty when it is not there. */
function parameter(path: string, name: string): string {
  return new RegExp(`[?&]${name}=([\\w.-]{1,80})`).exec(path)?.[1] ?? ''
}
