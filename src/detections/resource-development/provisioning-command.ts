import type { Invocation } from '../../commands/parse.ts'
import type { Severity } from '../../schema/event.ts'
import { defineDetection, type Hit } from '../api.ts'
import { excerpt, whom } from '../words.ts'

const gpuType =
  /\b(?:p[2-6]\w{0,4}|g[3-7]\w{0,4}|trn\d\w{0,3}|inf\d|dl\d\w?)\.(?:\d*x?large|metal)\b|\ba[23]-(?:high|mega|ultra|edge)gpu\b|Standard_N[CDV]|\becs\.(?:e?gn|sccgn|vgn)\d/i
const gpuResource = /nvidia\.com\/gpu|amd\.com\/gpu|--gres=gpu|--gpus(?:-per-\w{1,8})?[= ]|guestAccelerators/i

export const provisioningCommand = defineDetection({
  id: 'provisioning.command',
  name: 'Compute ordered by command',
  kind: 'provisioning',
  severity: 'high',
  confidence: 0.85,
  attack: ['T1578.002', 'T1496'], // Create Cloud Instance, Resource Hijacking
  listensTo: ['execute_tool'],
  needs:
    /\b(?:aws|gcloud|az|aliyun|tccli|hcloud|doctl|linode-cli|vultr-cli|oci|ibmcloud|kubectl|oc|sbatch|srun|salloc|ray|modal|vastai|runpodctl|lambda|sky|terraform|tofu|pulumi)\b|--gpus|\b(?:Action=|runpod\.io|vast\.ai|cloud\.lambda)/,
  falsePositives: ['Infrastructure tasks', 'Training code that submits its own jobs'],
  blindSpots: ['SDKs behind wrappers of their own', 'Consoles in a browser'],
  response: [
    'Check the bill and end what was started',
    'Revoke the credentials that were used',
    'Denied attempts count: find who gave access',
  ],
  options: {},

  start({ reading }) {
    return (item) => {
      const hits: Hit[] = []
      const { invocations, code, writes } = reading(item)
      for (const invocation of invocations) {
        const found = judge(invocation, writes)
        if (!found) continue
        const dry =
          invocation.argv.some((word) => /^--dry-?run(?:=|$)/i.test(word)) &&
          !/--no-dry-run/.test(invocation.argv.join(' '))
        hits.push({
          title: `${whom(item)} ${dry ? 'tried out ordering' : 'ordered'} ${found.what}`,
          why: `\`${excerpt(invocation.argv)}\`${dry ? ' as a dry run: it shows whether the order would be let through' : ''}.`,
          evidences: [item],
          severity: dry ? lower(found.severity) : found.severity,
          fact: found.what,
        })
      }
      for (const text of code) {
        const call =
          /\.(run_instances|request_spot_instances|create_fleet|run_task|create_training_job|create_notebook_instance|create_processing_job|submit_job|begin_create_or_update|create_instance|RunInstances|RunInstancesCommand)\b\s{0,4}\(?/.exec(
            text,
          )
        if (
          !call ||
          !/boto3|aws-sdk|@aws-sdk|googleapiclient|google\.cloud|azure\.mgmt|alibabacloud|aliyunsdk|tencentcloud/.test(
            text,
          )
        )
          continue
        hits.push({
          title: `${whom(item)} ordered cloud compute from program code (${call[1]})`,
          why: 'The program calls a cloud SDK’s function that starts machines or jobs.',
          evidences: [item],
          fact: call[1]!,
          severity: /DryRun\s{0,4}[=:]\s{0,4}True/i.test(text) ? 'medium' : 'high',
          confidence: 0.75,
        })
        break
      }
      return hits
    }
  },
})

interface Found {
  readonly what: string
  readonly severity: Severity
}

function judge(
  { program, argv, stdin }: Invocation,
  writes: readonly { path: string; content: string }[],
): Found | undefined {
  const words = argv.slice(1)
  const all = words.join(' ')
  const gpu = gpuType.test(all) || gpuResource.test(`${all} `)
  const plain = words.filter((word) => !word.startsWith('-'))
  if (words.some((word) => /^(?:help|--help|-h)$/.test(word))) return undefined
  switch (program) {
    case 'aws':
      return aws(all, gpu)
    case 'gcloud':
      if (
        /\bcompute (?:instances|instance-templates|tpus(?: tpu-vm)?) (?:create|bulk create|create-with-container)\b|\bcompute instance-groups managed (?:create|resize)\b/.test(
          all,
        )
      ) {
        return {
          what: `Google Cloud ${gpu || /--accelerator/.test(all) || /tpu/.test(all) ? 'accelerator machines' : 'machines'}`,
          severity: 'high',
        }
      }
      if (/\bcontainer clusters (?:create|resize)|\bnode-pools create/.test(all))
        return { what: 'a Google Kubernetes cluster', severity: 'high' }
      if (
        /\b(?:ai|ai-platform) (?:custom-jobs|hp-tuning-jobs|endpoints|jobs) (?:create|submit)|\b(?:notebooks|workbench) instances create/.test(
          all,
        )
      )
        return { what: 'Google AI jobs', severity: 'high' }
      return undefined
    case 'az':
      if (
        /\b(?:vm|vmss|aks|container|batch pool) create\b|\bvmss scale\b|\bml (?:compute|job|online-endpoint) create\b/.test(
          all,
        )
      )
        return { what: 'Azure machines', severity: 'high' }
      return undefined
    case 'aliyun':
      if (
        /\b(?:RunInstances|CreateInstance|CreateAutoProvisioningGroup|CreateScalingGroup|CreateJob|CreateCluster)\b/.test(
          all,
        )
      )
        return { what: 'Alibaba Cloud machines', severity: 'high' }
      return undefined
    case 'tccli':
    case 'hcloud':
    case 'doctl':
    case 'linode-cli':
    case 'vultr-cli':
    case 'oci':
    case 'ibmcloud':
      if (
        /\b(?:RunInstances|server create|droplet create|linodes create|instance (?:create|launch)|instance-create)\b/.test(
          all,
        )
      )
        return { what: `machines with ${program}`, severity: 'high' }
      return undefined
    case 'kubectl':
    case 'oc': {
      if (!/^(?:run|create|apply|scale|patch|replace)$/.test(plain[0] ?? '')) return undefined
      const file = optionValue(words, '-f') ?? optionValue(words, '--filename')
      const manifest =
        file === '-'
          ? (stdin ?? '')
          : (writes.find((w) => file !== undefined && w.path.endsWith(file))?.content ?? '')
      if (gpu || gpuResource.test(manifest)) return { what: 'cluster pods with GPUs', severity: 'high' }
      return plain[0] === 'run' || plain[0] === 'scale'
        ? { what: 'cluster pods', severity: 'low' }
        : undefined
    }
    case 'sbatch':
    case 'srun':
    case 'salloc':
      return gpu || /--gres|-G\b/.test(all) ? { what: 'GPUs from Slurm', severity: 'medium' } : undefined
    case 'ray':
      return plain[0] === 'job' && plain[1] === 'submit'
        ? { what: 'a Ray job', severity: 'medium' }
        : undefined
    case 'docker':
    case 'podman':
      return plain[0] === 'run' && words.some((word) => /^--gpus(?:=|$)/.test(word))
        ? { what: 'a container with GPUs', severity: 'low' }
        : undefined
    case 'modal':
      return /^(?:run|deploy|serve)$/.test(plain[0] ?? '')
        ? { what: 'Modal compute', severity: 'medium' }
        : undefined
    case 'vastai':
      return plain[0] === 'create' ? { what: 'a rented GPU at Vast.ai', severity: 'high' } : undefined
    case 'runpodctl':
      return plain[0] === 'create' ? { what: 'a rented GPU at RunPod', severity: 'high' } : undefined
    case 'lambda':
    case 'sky':
      return plain[0] === 'launch' ? { what: 'cloud machines through SkyPilot', severity: 'high' } : undefined
    case 'terraform':
    case 'tofu':
      return plain.includes('apply')
        ? { what: 'infrastructure with Terraform', severity: 'medium' }
        : undefined
    case 'pulumi':
      return plain[0] === 'up' ? { what: 'infrastructure with Pulumi', severity: 'medium' } : undefined
    case 'curl':
    case 'wget': {
      const url = words.find((word) => /^https?:\/\//.test(word)) ?? ''
      if (/Action=(?:RunInstances|RequestSpotInstances|CreateFleet|CreateInstance)\b/.test(all))
        return { what: 'machines through a cloud API', severity: 'high' }
      if (
        /^https:\/\/(?:rest\.runpod\.io|api\.runpod\.io|api\.vast\.ai|console\.vast\.ai|cloud\.lambda(?:labs)?\.(?:com|ai))\//.test(
          url,
        ) &&
        /(?:^|\s)(?:-X|--request)\s*(?:POST|PUT)|(?:^|\s)(?:-d|--data\S*)\s/.test(all)
      )
        return { what: 'a rented GPU through its API', severity: 'high' }
      return undefined
    }
    default:
      return undefined
  }
}

function aws(all: string, gpu: boolean): Found | undefined {
  if (/\bec2 (?:run-instances|request-spot-(?:instances|fleet)|create-fleet|start-instances)\b/.test(all)) {
    return { what: `AWS ${gpu ? 'accelerator ' : ''}machines`, severity: 'high' }
  }
  if (
    /\b(?:ecs (?:run-task|create-service|register-task-definition)|batch (?:submit-job|create-compute-environment)|sagemaker create-\w|eks create-\w|emr create-cluster|lightsail create-instances|autoscaling (?:create-auto-scaling-group|set-desired-capacity)|bedrock create-provisioned\w*)/.test(
      all,
    )
  ) {
    return { what: 'AWS jobs or clusters', severity: 'high' }
  }
  if (/\bservice-quotas request-service-quota-increase\b/.test(all))
    return { what: 'a higher AWS quota', severity: 'medium' }
  return undefined
}

function optionValue(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option)
  return at < 0 ? undefined : words[at + 1]
}

function lower(severity: Severity): Severity {
  return severity === 'high' ? 'medium' : 'low'
}
