// logrotate: when logs are thrown away.
//
//   /var/log/suricata/*.json {
//     daily
//     rotate 3
//     maxage 7
//   }

import { defineSettings, hasLine } from '../settings-api.ts'

const everyDays: Readonly<Record<string, number>> = {
  hourly: 1 / 24,
  daily: 1,
  weekly: 7,
  monthly: 30,
  yearly: 365,
}

export const logrotateSettings = defineSettings({
  product: 'logrotate',
  recognises: (config) =>
    config.documents.length === 0 &&
    hasLine(config, /^[^#{}]*\{$/) &&
    hasLine(config, /^(?:rotate\s+-?\d+|maxage\s+\d+)$/) &&
    hasLine(config, /^(?:hourly|daily|weekly|monthly|yearly|size|maxsize)\b/),
  read({ lines }, say) {
    // What stands outside of braces holds for every block that does not say otherwise.
    const common: Block = { what: '', line: 0, every: 7, rotate: 0, maxage: undefined, bySize: false }
    let block: Block | undefined
    lines.forEach((raw, k) => {
      const line = raw.replace(/#.*/, '').trim()
      if (line.endsWith('{')) block = { ...common, what: line.slice(0, -1).trim() || 'logs', line: k + 1 }
      else if (line.startsWith('}')) {
        if (block) sayOf(block, say)
        block = undefined
      } else take(block ?? common, line, k + 1)
    })
  },
})

interface Block {
  what: string
  line: number
  every: number
  rotate: number
  maxage: number | undefined
  bySize: boolean
}

function take(block: Block, line: string, at: number): void {
  const [word = '', value = ''] = line.split(/[\s=]+/)
  if (Object.hasOwn(everyDays, word)) block.every = everyDays[word]!
  else if (word === 'rotate' && Number.isFinite(Number(value)))
    [block.rotate, block.line] = [Number(value), at]
  else if (word === 'maxage' && Number.isFinite(Number(value)))
    [block.maxage, block.line] = [Number(value), at]
  else if (word === 'size' || word === 'maxsize') block.bySize = true
}

function sayOf(
  block: Block,
  say: (
    line: number,
    text: string,
    fact: { about: 'kept'; side: 'log'; what: string; days: number | null },
  ) => void,
): void {
  const { rotate, every, maxage, what, line } = block
  // The file that is being written is kept beside the rotated ones; -1 keeps all.
  const rotated = rotate < 0 ? Number.POSITIVE_INFINITY : (rotate + 1) * every
  const days = Math.min(rotated, maxage ?? Number.POSITIVE_INFINITY)
  const size = block.bySize ? ', sooner when they are large' : ''
  const text = `rotate ${rotate}${maxage === undefined ? '' : `, maxage ${maxage}`}${size}`
  say(line, text, { about: 'kept', side: 'log', what, days: Number.isFinite(days) ? days : null })
}
