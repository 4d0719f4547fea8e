import { defineDetection } from '../api.ts'
import { whom } from '../words.ts'

/** CloudTrail, ActionTrail, Google audit and Kubernetes operations that start machines or jobs. */
const starts =
  /^(?:RunInstances|RequestSpotInstances|RequestSpotFleet|CreateFleet|StartInstances|RunTask|CreateService|RegisterTaskDefinition|SubmitJob|CreateComputeEnvironment|CreateTrainingJob|CreateNotebookInstance|CreateProcessingJob|CreateCluster|CreateNodegroup|CreateAutoScalingGroup|CreateInstance|CreateInstances|CreateAutoProvisioningGroup|CreateScalingGroup|CreateJob|RequestServiceQuotaIncrease)$|compute\.instances\.(?:insert|bulkInsert|start)$|compute\.instanceGroupManagers\.(?:insert|resize)$|container\.clusters\.create|CustomJob|CreateNode$|Microsoft\.Compute\/virtualMachines?(?:ScaleSets)?\/write|io\.k8s\.core\.v1\.pods\.create/i
const gpu = /^(?:p\d|g\d|trn\d|inf\d|dl\d)\w{0,4}\.|^a[23]-|^Standard_N|^ecs\.(?:e?gn|sccgn|vgn)/i

export const provisioningApi = defineDetection({
  id: 'provisioning.api',
  name: 'Compute ordered, by the cloud’s own audit log',
  kind: 'provisioning',
  severity: 'high',
  confidence: 0.9,
  attack: ['T1578.002', 'T1496'], // Create Cloud Instance, Resource Hijacking
  listensTo: ['api_activity'],
  falsePositives: ['Operators and autoscalers in the same account'],
  blindSpots: ['Accounts whose audit log is not given'],
  response: [
    'End what was started',
    'Revoke the key that was used',
    'Denied attempts count: find who gave access',
  ],
  options: {},

  start() {
    return (item) => {
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
