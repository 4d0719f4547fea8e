import { createReadStream, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { nearestWord } from '../base/suggest.ts'
import { detections } from '../detections/registry.generated.ts'
import { caseTable, parseCases, runCase } from '../policy/cases.ts'
import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts'
import { withAllowed } from '../policy/edit.ts'
import { explainDecision } from '../policy/explain.ts'
import { readHostText } from '../policy/host-patterns.ts'
import { proposedPolicy } from '../policy/learn.ts'
import { openRecordReader } from '../policy/learn-read.ts'
import { type ParsedPolicy, parsePolicy } from '../policy/parse.ts'
import { presets } from '../policy/presets.ts'
import { type Probe, readTarget } from '../policy/probe.ts'
import { type Problem, problemText } from '../policy/problems.ts'
import { protocolWords } from '../policy/protocols.ts'
import { phases } from '../schema/ask.ts'

const help = `vigiles policy check [FILE]                 is this policy sound?
vigiles policy explain HOST:PORT | URL      which rule decides about a destination, and what to add
vigiles policy test CASES                   does the policy decide as a list of cases expects?
vigiles policy learn RECORDING              the tightest policy for what a recording shows
vigiles policy allow FILE HOST[:PORT]...    add to the policy's allow list
vigiles policy presets [NAME]               the named sets of hosts

  --policy FILE      the policy (default: policy.yaml in this folder)
  --protocol WORD    with explain: what is spoken (https, http, ssh, other...)
  --method, --path, --tool, --phase, --resolved    with explain: the rest of the question
  --siblings N       with learn: so many names under one parent become a wildcard (default 5)
  --json             with check, explain and test: one JSON line

CASES is a YAML list: - { to: api.example.com:443, expect: allow }
Exit code: 0 when all is well; 1 when a case is not decided as expected; 2 when a file can't be used.
`

const verbs: Readonly<
  Record<string, (options: Options, args: readonly string[]) => number | Promise<number>>
> = {
  check,
  explain,
  test,
  learn: learnFrom,
  allow,
  presets: showPresets,
}

type Options = ReturnType<typeof readOptions>['values']

function readOptions(args: string[]) {
  const text = { type: 'string' } as const
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      policy: text,
      protocol: text,
      method: text,
      path: text,
      tool: text,
      phase: text,
      resolved: text,
      siblings: text,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

/** `vigiles policy`: resolves to the exit code. */
export async function policyCommand(args: string[]): Promise<number> {
  const { values, positionals } = readOptions(args)
  const [verb, ...rest] = positionals
  if (values.help || verb === 'help') {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const act = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (!act) {
    const near = verb === undefined ? undefined : nearestWord(verb, Object.keys(verbs))
    throw new OperatorError('usage', {
      what: verb === undefined ? 'policy wants a verb.' : `policy has no verb ${JSON.stringify(verb)}.`,
      fix:
        near === undefined
          ? `One of ${Object.keys(verbs).join(', ')}.`
          : `Did you mean vigiles policy ${near}?`,
    })
  }
  return await act(values, rest)
}

function check(options: Options, [file]: readonly string[]): number {
  const path = policyPath(file ?? options.policy)
  const { policy, problems } = readPolicy(path)
  if (options.json) print(JSON.stringify({ ok: policy !== undefined, problems }))
  else for (const problem of problems) print(problemText(problem))
  if (!policy) {
    if (!options.json) print(`${path}: not usable`)
    return exitCodes.usage
  }
  if (!options.json) {
    const allows = policy.rules.filter(({ effect }) => effect === 'allow').length
    const from = policy.presets.length === 0 ? '' : `, presets ${policy.presets.join(', ')}`
    print(
      `${path}: sound; ${allows} allow and ${policy.rules.length - allows} deny rules${from}; all else is denied`,
    )
  }
  return exitCodes.ok
}

function explain(options: Options, [target]: readonly string[]): number {
  if (target === undefined) {
    throw usage('explain wants HOST:PORT or a URL.', 'vigiles policy explain api.example.com:443')
  }
  const read = readTarget(target)
  if ('problem' in read)
    throw usage(`${target} is no destination: ${read.problem}.`, 'Write it as api.example.com:443.')
  const phase = oneOf('phase', options.phase, phases)
  const protocol = oneOf('protocol', options.protocol, protocolWords)
  const probe: Probe = {
    ...read,
    ...(protocol !== undefined && { protocol }),
    ...(options.method !== undefined && { method: options.method.toUpperCase() }),
    ...(options.path !== undefined && { path: options.path }),
    ...(options.tool !== undefined && { tool: options.tool }),
    ...(phase !== undefined && { phase }),
    ...(options.resolved !== undefined && { resolved: options.resolved }),
  }
  const lines = explainDecision(usable(policyPath(options.policy)), probe)
  print(options.json ? JSON.stringify({ target, lines }) : lines.join('\n'))
  return exitCodes.ok
}

function test(options: Options, [file]: readonly string[]): number {
  if (file === undefined)
    throw usage('test wants a file of cases.', 'vigiles policy test cases.yaml --policy policy.yaml')
  const compiled = usable(policyPath(options.policy))
  const { cases, problems } = parseCases(readText(file), file)
  if (problems.length > 0) throw broken(`${file} can't be used`, problems)
  const results = cases.map((one) => runCase(compiled, one))
  const wrong = results.filter(({ ok }) => !ok).length
  if (options.json) print(JSON.stringify({ cases: results.length, wrong, results }))
  else print([...caseTable(results), `${results.length} cases, ${wrong} not as expected`].join('\n'))
  return wrong === 0 ? exitCodes.ok : exitCodes.failOn
}

async function learnFrom(options: Options, [recording]: readonly string[]): Promise<number> {
  if (recording === undefined)
    throw usage('learn wants a recording.', 'vigiles policy learn DIR > policy.yaml')
  const siblingsMin = options.siblings === undefined ? 5 : Number(options.siblings)
  if (!Number.isInteger(siblingsMin) || siblingsMin < 2)
    throw usage('--siblings wants a whole number from 2.', 'For example --siblings 5.')
  const path =
    existsSync(recording) && statSync(recording).isDirectory() ? join(recording, 'journal.jsonl') : recording
  if (!existsSync(path)) {
    throw usage(
      `${path} is not there.`,
      'Give the folder that `vigiles run --record` wrote, or its journal.jsonl.',
    )
  }
  const reader = openRecordReader()
  let unread = 0
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    // Only what learning looks at is kept: a recording may hold millions of process lines.
    if (!/"class":\s{0,4}"(?:network|http|ssh|tls|dns)_activity"|"detection_finding"|"aggregate"/.test(line))
      continue
    try {
      reader.add(JSON.parse(line))
    } catch {
      unread++
    }
  }
  process.stdout.write(proposedPolicy(reader.end(), { siblingsMin }))
  if (unread > 0) process.stderr.write(`${unread} lines could not be read and are not in it\n`)
  return exitCodes.ok
}

function allow(_: Options, [file, ...hosts]: readonly string[]): number {
  if (file === undefined || hosts.length === 0) {
    throw usage(
      'allow wants a policy file and hosts.',
      'vigiles policy allow policy.yaml api.example.com:443',
    )
  }
  const before = existsSync(file) ? readText(file) : 'version: 1\n'
  let after = before
  for (const host of hosts) {
    if (/[\r\n]/.test(host))
      throw usage('allow takes one rule on one line.', 'Give each as an argument of its own.')
    // What begins with a brace is a whole rule, as the end of a run proposes it.
    const item = host.startsWith('{') ? host : checkedHost(host)
    const next = withAllowed(after, item)
    if (next === undefined) {
      throw usage(`\`allow\` of ${file} is written in one line.`, `Add this to it by hand: ${item}`)
    }
    after = next
  }
  const { policy, problems } = parsePolicy(after, file, { detections: detections.map(({ id }) => id) })
  if (!policy) throw broken(`${file} would not be sound with it; it was left as it is`, problems)
  // Renamed into place, so that a run that reads it sees the old one or the new one.
  const fresh = `${file}.new`
  writeFileSync(fresh, after)
  renameSync(fresh, file)
  print(`${file}: ${hosts.length} added, ${policy.rules.length} rules`)
  return exitCodes.ok
}

function checkedHost(host: string): string {
  const read = readHostText(host)
  if ('wants' in read)
    throw usage(`allow wants ${read.wants}; got ${host}.`, read.fix ?? 'Write it as api.example.com:443.')
  return /^[a-z0-9][a-z0-9._:/-]*$/i.test(host) ? host : `'${host}'`
}

function showPresets(_: Options, [name]: readonly string[]): number {
  if (name === undefined) {
    const width = Math.max(...presets.map((preset) => preset.name.length))
    for (const preset of presets) print(`${preset.name.padEnd(width)}  ${preset.title}`)
    return exitCodes.ok
  }
  const preset = presets.find((one) => one.name === name)
  if (!preset) {
    const near = nearestWord(
      name,
      presets.map((one) => one.name),
    )
    throw usage(
      `There is no preset ${name}.`,
      near === undefined ? 'See vigiles policy presets.' : `Did you mean ${near}?`,
    )
  }
  print(preset.title)
  for (const { host, ports, protocols, methods, paths, why } of preset.hosts) {
    const details = [ports?.join(','), protocols?.join(','), methods?.join(','), paths?.join(',')]
    print(`  ${host} ${details.filter((part) => part !== undefined).join(' ')}  ${why}`)
  }
  if (preset.caution !== undefined) print(preset.caution)
  for (const source of preset.sources) print(source)
  return exitCodes.ok
}

function policyPath(given: string | undefined): string {
  const path = given ?? 'policy.yaml'
  if (existsSync(path)) return path
  throw usage(
    given === undefined ? 'There is no policy.yaml in this folder.' : `${path} is not there.`,
    'Name the policy with --policy FILE.',
  )
}

function readPolicy(path: string): ParsedPolicy {
  return parsePolicy(readText(path), path, { detections: detections.map(({ id }) => id) })
}

function usable(path: string): CompiledPolicy {
  const { policy, problems } = readPolicy(path)
  if (policy) return compilePolicy(policy)
  throw broken(`${path} can't be used`, problems)
}

function broken(what: string, problems: readonly Problem[]): OperatorError {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const shown = errors.slice(0, 10).map(problemText)
  const more = errors.length > shown.length ? [`and ${errors.length - shown.length} more`] : []
  return new OperatorError('usage', {
    what: `${what}.`,
    why: [...shown, ...more].join('\n'),
    fix: 'vigiles policy check FILE shows all that is wrong.',
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new OperatorError('usage', {
      what: `${path} can't be read.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Give a file that you may read.',
      cause,
    })
  }
}

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  const found = known.find((word) => word === value)
  if (value === undefined || found !== undefined) return found
  throw usage(
    `--${option} wants one of ${known.join(', ')}; got ${value}.`,
    `Drop --${option} to leave it open.`,
  )
}

function usage(what: string, fix: string): OperatorError {
  return new OperatorError('usage', { what, fix })
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
