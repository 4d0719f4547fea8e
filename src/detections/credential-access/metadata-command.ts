import { isMetadata } from '../../base/ip.ts'
import { commandTargets } from '../../commands/targets.ts'
import { defineDetection, type Hit } from '../api.ts'
import { excerpt, whom } from '../words.ts'
import { judgePath, metadataNames } from './metadata-paths.ts'

/** Programs that show or search text. */
const textTools =
  /^(?:grep|egrep|rg|ag|echo|printf|cat|less|head|tail|sed|awk|find|ls|git|diff|jq|tee|test|\[|cd|export|iptables|nft|ip|route|ufw)$/
const webTool = /fetch|browse|http|url|navigate|request|curl/i

/** Only texts that may hold it are looked at closely. */
const hint = /169|100\.100|168\.63|2852039166|1684300744|a9fe|metadata|fd00|instance-data|0251|025177/i

export const metadataCommand = defineDetection({
  id: 'probing.metadata-command',
  name: 'Cloud metadata asked for by command',
  kind: 'probing',
  severity: 'high',
  confidence: 0.85,
  attack: ['T1552.005'], // Cloud Instance Metadata API
  listensTo: ['execute_tool'],
  needs: hint,
  falsePositives: ['Scripts that read the region they run in', 'Tests of cloud libraries against a stub'],
  blindSpots: ['SDKs that ask on their own'],
  response: [
    'Close the address for sandboxes',
    'Rotate the instance role’s credentials if any were handed out',
  ],
  options: {},

  start({ reading }) {
    return (item) => {
      const { name, command } = item.call
      const { invocations, code } = reading(item)
      const hits: Hit[] = []
      for (const invocation of invocations) {
        if (textTools.test(invocation.program)) continue
        const text = [...invocation.argv.slice(1), ...invocation.redirects.map((r) => r.target)].join(' ')
        note(text, invocation.program, invocation.argv)
      }
      for (const text of code) {
        if (/requests|urllib|http|fetch|curl|socket|connect/i.test(text)) note(text, name, ['program code'])
      }
      if (webTool.test(name) && command.startsWith('{')) note(command, name, [command])
      // One call often asks for a token first and then for credentials: the gravest question tells.
      return hits.sort((a, b) => (b.confidence ?? 0) - (a.confidence ?? 0)).slice(0, 1)

      function note(text: string, program: string, shown: readonly string[]): void {
        const target = metadataIn(text, program)
        if (target === undefined) return
        const found = judgePath(text.slice(0, 16_384))
        hits.push({
          title: `${whom(item)} asked the cloud metadata service ${target} for ${found.what === '' ? 'what it holds' : found.what}`,
          why: `\`${excerpt(shown)}\`: that address hands out the machine’s cloud credentials to whoever asks.`,
          evidences: [item],
          destinations: [target],
          fact: 'metadata',
          severity: found.severity,
          confidence: found.confidence,
        })
      }
    }
  },
})

function metadataIn(text: string, program: string): string | undefined {
  if (!hint.test(text)) return undefined
  // `curl 2852039166` names a host only where a host can stand: let targets.ts judge with the program before it.
  for (const target of commandTargets('bash', `${program} ${text}`.slice(0, 16_384))) {
    if (target.kind === 'ip' && isMetadata(target.value)) return target.value
    if (target.kind === 'name' && metadataNames.has(target.value) && target.value.includes('.'))
      return target.value
  }
  return undefined
}
