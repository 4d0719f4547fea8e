import type { Invocation } from '../../commands/parse.ts'
import type { Severity } from '../../schema/event.ts'
import { defineDetection, type Hit } from '../api.ts'
import { suffixIn } from '../names.ts'
import { excerpt, whom } from '../words.ts'
import { pools } from './pools.ts'

const minerNames =
  /xmrig(?:-w{1,12})?|xmr-stak(?:-w{1,12})?|xmrigdaemon|minerd|cpuminer(?:-w{1,12})?|ccminer|ethminer|cgminer|bfgminer|sgminer|nbminer|t-rex|trex|gminer|lolminer|phoenixminer|teamredminer|nanominer|wildrig(?:-multi)?|srbminer(?:-multi)?|rigel|bzminer|onezerominer|claymore|ethdcrminer64|nheqminer|nsgpucnminer|kawpowminer|cryptodredge|xmrig-proxy|p2pool|hellminer|miniz|ewbf|progpowminer|bminer|astrobwt-miner/
const miners = new RegExp(`^(?:${minerNames.source})(?:\\.exe)?$`, 'i')
const stratumUrl =
  /\b(?:stratum\d?|stratum2)\+?(?:tcp|ssl|tls|udp|http)?s?:\/\/|\bethproxy\+\w{3}:\/\/|\bstratum\+\w{3,4}:/i
const minerFlags =
  /^--(?:donate-level|nicehash|randomx-[\w-]{1,24}|cpu-max-threads-hint|coin|rig-id|keepalive|asm|huge-pages-jit)(?:=|$)/
const algorithms =
  /^(?:rx\/\w{1,8}|randomx|cn\/\w{1,8}|cryptonight\S{0,16}|kawpow|etchash|ethash|autolykos2?|octopus|ghostrider|argon2\/\w{1,12}|kheavyhash|verushash|equihash\S{0,12}|yescrypt\S{0,8}|beamhash\S{0,4}|progpow\S{0,8})$/i
/** Monero main addresses (95), integrated ones (106), Bitcoin bech32. */
const wallet =
  /(?:^|[^\w])(?:[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}(?:[1-9A-HJ-NP-Za-km-z]{11})?|bc1[ac-hj-np-z02-9]{25,62})(?![1-9A-HJ-NP-Za-km-z])/
/** Programs that show or move text: what their arguments mention does not run. */
const textTools =
  /^(?:grep|egrep|fgrep|rg|ag|ack|echo|printf|cat|less|head|tail|sed|awk|find|locate|ls|rm|mv|cp|chmod|git|which|type|man|test|\[|pgrep|pkill|killall|ps|vim?|nano|code|tee|diff|wc|jq|strings|file|stat)$/

/** Of these every sign of a miner holds one; pools' names tell nothing alone. */
const mentions = new RegExp(
  `(?:\\b|_)(?:${minerNames.source}|t-rex-miner|modprobe|sysctl|rx/|cn/|randomx|cryptonight|kawpow|etchash|ethash` +
    '|autolykos|octopus|ghostrider|argon2/|kheavyhash|verushash|equihash|yescrypt|beamhash|progpow)' +
    '|--(?:donate-level|nicehash|randomx-|cpu-max-threads-hint|coin|rig-id|keepalive|asm|huge-pages-jit)' +
    '|\\bstratum|\\bethproxy|[48][0-9AB]\\w{93}|\\bbc1\\w{25}',
)

export const miningCommand = defineDetection({
  id: 'mining.command',
  name: 'Miner by command line',
  kind: 'mining',
  severity: 'critical',
  confidence: 0.95,
  attack: ['T1496.001'], // Compute Hijacking
  listensTo: ['execute_tool'],
  needs: mentions,
  falsePositives: ['Security tasks that run or test miners', 'Benchmarks that reuse a miner’s hash'],
  blindSpots: ['A renamed miner that reads its pool from a file nobody saw written'],
  response: [
    'End the process and save its binary',
    'Block the pool',
    'Compare CPU and GPU use with what the task needs',
  ],
  options: {},

  start({ reading }) {
    return (item) => {
      const { invocations, writes, code } = reading(item)
      const hits: Hit[] = []
      for (const invocation of invocations) {
        const found = judge(invocation)
        if (!found) continue
        hits.push({
          title: `${whom(item)} ${found.did}${found.pool === undefined ? '' : ` for ${found.pool}`}`,
          why: `\`${excerpt(invocation.argv)}\`: ${found.because}.`,
          evidences: [item],
          severity: found.severity,
          confidence: found.severity === 'critical' ? 0.95 : 0.7,
          ...(found.pool === undefined ? { fact: found.fact } : { destinations: [found.pool] }),
        })
      }
      const config = writes.find((w) => isMinerConfig(w.content))
      if (config) {
        hits.push({
          title: `${whom(item)} wrote a miner's configuration to ${config.path}`,
          why: 'It names a pool and a wallet in the form miners read.',
          evidences: [item],
          severity: 'high',
          confidence: 0.8,
          fact: `config ${config.path}`,
        })
      }
      const program = code.find((text) => /["']mining\.(?:subscribe|authorize|submit)["']/.test(text))
      if (program !== undefined) {
        hits.push({
          title: `${whom(item)} ran a program that speaks the mining protocol`,
          why: 'Its text holds the protocol’s method names.',
          evidences: [item],
          severity: 'high',
          confidence: 0.7,
          fact: 'program',
        })
      }
      return hits
    }
  },
})

interface Found {
  readonly did: string
  readonly because: string
  readonly severity: Severity
  readonly pool?: string
  readonly fact: string
}

function judge({ program, argv, env }: Invocation): Found | undefined {
  if (textTools.test(program)) return program === 'git' ? fetched(program, argv) : undefined
  const words = [...argv.slice(1), ...env.map(([, value]) => value)]
  const all = words.join(' ')
  const pool = poolOf(words)
  const named = miners.test(program)
  const signs: string[] = []
  if (stratumUrl.test(all)) signs.push('a stratum address')
  if (words.some((word) => minerFlags.test(word))) signs.push('a miner’s options')
  if (
    words.some(
      (word, i) =>
        algorithms.test(word.replace(/^-{1,2}(?:a|algo)=/, '')) &&
        /^-{1,2}(?:a|algo)\b/.test(words[i - 1] ?? word),
    )
  ) {
    signs.push('a mining algorithm')
  }
  if (wallet.test(` ${all}`)) signs.push('a wallet address')
  if (
    words.some(
      (word) =>
        suffixIn(
          word
            .replace(/^.*:\/\//, '')
            .replace(/[:/].*$/, '')
            .toLowerCase(),
          pools,
        ) !== undefined,
    )
  )
    signs.push('a pool’s name')
  const withPool = pool === undefined ? {} : { pool }
  if (named) {
    if (
      words.every((word) => /^--?(?:version|help|h|V|bench(?:mark)?=?\S*)$/.test(word)) &&
      words.length > 0
    ) {
      return {
        did: `ran the miner ${program} without a pool`,
        because: 'it is a miner',
        severity: 'medium',
        fact: program,
      }
    }
    return {
      did: `ran the miner ${program}`,
      because: `${program} is a miner`,
      severity: 'critical',
      fact: program,
      ...withPool,
    }
  }
  const strong = signs.includes('a stratum address')
  if (strong && /^(?:curl|wget|nc|ncat|openssl|python[\d.]*|telnet)$/.test(program) && signs.length < 2) {
    return {
      did: `pointed ${program} at a mining pool`,
      because: 'it names a stratum address',
      severity: 'high',
      fact: program,
      ...withPool,
    }
  }
  if (strong || signs.length >= 2) {
    return {
      did: `ran ${program} as a miner`,
      because: `it is given ${signs.join(', ')}`,
      severity: /^(?:curl|wget)$/.test(program) ? 'medium' : 'critical',
      fact: program,
      ...withPool,
    }
  }
  if (
    (program === 'modprobe' && argv[1] === 'msr') ||
    (program === 'sysctl' && /vm\.nr_hugepages=/.test(all))
  ) {
    return {
      did: `prepared the machine with ${program}`,
      because: 'miners of memory-hard coins ask for this; databases do too',
      severity: 'low',
      fact: program,
    }
  }
  return fetched(program, argv)
}

/** Fetching or installing a miner, without running it yet. */
function fetched(program: string, argv: readonly string[]): Found | undefined {
  const fetches =
    program === 'curl' ||
    program === 'wget' ||
    (program === 'git' && argv.includes('clone')) ||
    (/^(?:apt|apt-get|apk|dnf|yum|brew|pip3?|npm|snap|conda|docker|podman)$/.test(program) &&
      argv.some((word) => /^(?:install|add|pull|run)$/.test(word)))
  if (!fetches) return undefined
  const what = argv
    .slice(1)
    .find((word) =>
      /(?:^|[/@_-])(?:xmrig|xmr-stak|cpuminer|minerd|ccminer|ethminer|nbminer|lolminer|t-rex-miner|phoenixminer|teamredminer|nanominer|srbminer|gminer|p2pool)(?:$|[/._@:-])/i.test(
        word,
      ),
    )
  return what === undefined
    ? undefined
    : {
        did: `fetched a miner (${what.slice(0, 80)})`,
        because: 'the name is a miner’s',
        severity: 'high',
        fact: what.slice(0, 80),
      }
}

function poolOf(words: readonly string[]): string | undefined {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const value = /^(?:-o|--url|--pool|-P|--server|-S|-pool|--proxy)$/.test(word)
      ? words[i + 1]
      : /^--(?:url|pool|server)=/.test(word)
        ? word.slice(word.indexOf('=') + 1)
        : stratumUrl.test(word)
          ? word
          : undefined
    const match = /^(?:[\w+]{2,16}:\/\/)?(?:[^@/]{0,160}@)?([A-Za-z0-9.-]{3,253})(?::(\d{1,5}))?/.exec(
      value ?? '',
    )
    if (match && match[1]!.includes('.'))
      return match[2] === undefined ? match[1]! : `${match[1]}:${match[2]}`
  }
  return undefined
}

function isMinerConfig(content: string): boolean {
  const head = content.slice(0, 16_384)
  if (stratumUrl.test(head) && wallet.test(head)) return true
  return /"(?:donate-level|randomx)"\s{0,4}:/.test(head) && /"(?:pools|url|user)"\s{0,4}:/.test(head)
}
