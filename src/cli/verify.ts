import { parseArgs } from 'node:util'
import { exitCodes, OperatorError } from '../base/errors.ts'
import { plain } from '../base/terminal.ts'
import { type Verified, verifyJournal } from '../store/verify.ts'

const help = `vigiles verify DIR [--anchor HASH] [--key KEY]

Says whether a recording is what was written: sealed, open after a crash, or broken at a line. DIR is the folder
of a recording, or its journal.jsonl.

  --anchor HASH   a hash of this journal that was noted elsewhere (\`vigiles run\` prints the last one); finds that the
                  end was cut off, or that everything was written anew
  --key KEY       the recording's public key, noted elsewhere (run.json names it)
  --json          the result as one JSON line

Exit code 0 when it is sealed or open, 1 when it is broken.
`

/** `vigiles verify`: resolves to the exit code. */
export async function verifyCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      anchor: { type: 'string' },
      key: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return exitCodes.ok
  }
  const [path] = positionals
  if (path === undefined || positionals.length > 1) {
    throw new OperatorError('usage', {
      what: 'verify wants one DIR.',
      fix: 'For example: vigiles verify runs/1',
    })
  }
  const { anchor, key } = values
  if (anchor !== undefined && !/^[0-9a-f]{64}$/i.test(anchor)) {
    throw new OperatorError('usage', {
      what: `--anchor wants the whole hash of a line, 64 hexadecimal digits; got ${plain(anchor, 80)}.`,
    })
  }
  if (key !== undefined && !/^[\w-]{43}$/.test(key)) {
    throw new OperatorError('usage', {
      what: `--key wants a public key as run.json has it, 43 characters; got ${plain(key, 80)}.`,
    })
  }
  const verified = await verifyJournal(path, {
    ...(anchor !== undefined && { anchor }),
    ...(key !== undefined && { publicKey: key }),
  })
  process.stdout.write(values.json ? `${JSON.stringify(verified)}\n` : `${verifyText(verified).join('\n')}\n`)
  return verified.state === 'broken' ? exitCodes.failOn : exitCodes.ok
}

/** What the terminal shows of a verification. */
export function verifyText(verified: Verified): string[] {
  const { state, line, reason, lines, head, checkpoints, publicKeys, recovered, clockSteps } = verified
  const where = line === undefined ? '' : ` at line ${line}`
  const text = [`${state}${where}: ${reason}`]
  text.push(
    `${count(lines, 'line')} hold${lines === 1 ? 's' : ''}${lines === 0 ? '' : `; the last has the hash ${head.hash}`}`,
  )
  if (checkpoints.signed > 0) {
    const unsigned = lines - checkpoints.through
    text.push(
      `${count(checkpoints.signed, 'signature')} by ${publicKeys.at(-1) ?? 'the key in run.json'}, through line ${checkpoints.through}` +
        `${unsigned > 0 ? `; ${count(unsigned, 'line')} after it not signed yet` : ''}`,
    )
  }
  if (checkpoints.unchecked > 0)
    text.push(`${count(checkpoints.unchecked, 'signature')} by a key that nothing vouches for`)
  if (publicKeys.length > 1)
    text.push(`the key changed ${count(publicKeys.length - 1, 'time')}, after a crash`)
  if (verified.unfinishedBytes > 0)
    text.push(`a half-written last line of ${count(verified.unfinishedBytes, 'byte')}`)
  if (recovered > 0) text.push(`writing went on after a crash or a failed write ${count(recovered, 'time')}`)
  if (clockSteps > 0) text.push(`the clock was set ${count(clockSteps, 'time')}`)
  if (verified.recoded > 0)
    text.push(`${count(verified.recoded, 'line')} in another form than written, with the same content`)
  if (verified.anchorLine !== undefined) text.push(`the anchor is line ${verified.anchorLine}`)
  return text
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
