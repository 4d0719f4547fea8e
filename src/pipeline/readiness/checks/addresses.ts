import * as advice from '../advice.ts'
import { defineCheck } from '../api.ts'
import { settingsOf } from '../setting.ts'
import { callsText, percent, settingEvidence, tallyEvidence } from '../words.ts'

export const addresses = defineCheck({
  id: 'address.exact',
  question: 'Does the address of an alarm name one sandbox?',
  judged:
    'By the share of records that topology, port ranges and NAT records tie to exactly one sandbox: good from 95 %, weak from half, missing below. Configurations that would log translations count as evidence.',
  improves: 'addresses',
  look({ logs, topology, traces, odds, settings }) {
    const nat = settingsOf(settings, 'output').filter(({ output }) => output === 'nat')
    if (!logs) {
      if (nat.length === 0) return { verdict: 'unknown', found: 'No log was read, so no address was seen.' }
      const on = nat.some((setting) => setting.on)
      return {
        verdict: on ? 'good' : 'weak',
        found: on
          ? 'Translations of addresses are configured to be logged.'
          : 'No translation of addresses is logged.',
        todo: on ? [] : [advice.conntrack],
        evidence: settingEvidence(nat.filter((setting) => setting.on === on)),
      }
    }
    const { exact, shared, any, host, unassigned } = logs.reach
    const of = exact.n + shared.n + any.n + host.n + unassigned.n
    if (of === 0) return { verdict: 'unknown', found: 'No record of these logs has an address of a sandbox.' }
    const tied = `${percent(exact.n, of)} of ${of} records are tied to one sandbox`
    if (exact.n >= 0.95 * of) return { verdict: 'good', found: `${tied}.` }
    const [crowd] = topology.sharedAddresses
    const why =
      topology.boxes === 0
        ? 'no topology says which sandbox had which address'
        : crowd && shared.n > 0
          ? `${crowd.ip} stands for ${crowd.boxes} sandboxes at a time`
          : host.n + unassigned.n > shared.n + any.n
            ? 'their addresses belong to no sandbox of the topology'
            : 'the topology lists no address they carry'
    const formats = logs.sources.map(({ format }) => format)
    const translated = logs.sources.some((source) => source.translated > 0)
    const today = odds?.today
    return {
      verdict: exact.n >= 0.5 * of ? 'weak' : 'missing',
      found: `${tied}: ${why}.`,
      cost: today
        ? `Each alarm would be shared by on average ${callsText(today.sharedMean)} running at once (median ${today.sharedMedian}).`
        : traces
          ? ''
          : 'An alarm points at a crowd of sandboxes.',
      todo: [
        ...(translated ? [] : advice.adviceFor(advice.translation, formats)),
        ...(translated ? [] : [advice.conntrack]),
        ...(topology.boxes === 0 ? [advice.topology] : []),
      ],
      evidence: [
        ...tallyEvidence(shared, `may be any of several sandboxes (${shared.n} such records)`),
        ...tallyEvidence(any, `may be any sandbox (${any.n} such records)`),
        ...tallyEvidence(host, `of an address that no sandbox holds (${host.n} such records)`),
        ...tallyEvidence(
          unassigned,
          `of a sandbox's address while nobody held it (${unassigned.n} such records)`,
        ),
        ...settingEvidence(nat.filter(({ on }) => !on)),
      ],
    }
  },
})
