// The tables of a case as SQL sees them. Change a column and `tablesVersion` with it: databases of before are rebuilt.

import { severities } from '../../schema/event.ts'
import { type Table, table } from './table.ts'

/** Part of every cached database's name. */
export const tablesVersion = 2

/** Ordered from harmless to worst, so that `severity >= 'high'` and `max(severity)` mean what they say. */
export const severityType = `ENUM(${severities.map((word) => `'${word}'`).join(', ')})`

export const events = table(
  'events',
  'One network, DNS or alert record of a sensor, with the call it is attributed to.',
  [
    ['uid', 'VARCHAR', "The event's id: hash of its file and the record's index in it."],
    ['seq', 'BIGINT', 'Its place in `attributions.jsonl`, from 1; events lie there by time.'],
    ['time', 'TIMESTAMP', "When it happened, in UTC on the reference clock (the agents' traces)."],
    ['source_time', 'VARCHAR', 'The stamp as its source wrote it.'],
    ['class', 'VARCHAR', "OCSF's class: `network_activity`, `dns_activity`, `http_activity`…"],
    ['src', 'VARCHAR', 'Address that began it.'],
    ['dst', 'VARCHAR', 'Address it went to; of a DNS query, the resolver.'],
    ['port', 'INTEGER', 'Destination port; null when the record has none.'],
    ['name', 'VARCHAR', 'Host name of the destination; of a DNS query, the name asked for.'],
    ['disposition', 'VARCHAR', '`allowed`, `blocked`, or null when the record does not say.'],
    [
      'rule',
      'VARCHAR',
      "The firewall's or sensor's rule; set where the record is an alarm or names its rule.",
    ],
    ['file', 'VARCHAR', 'The input it stands in.'],
    ['line', 'BIGINT', 'Its line there, from 1 (of a binary input, the index of the record).'],
    ['verdict', 'VARCHAR', '`attributed` (p ≥ 0.9), `likely` (p ≥ 0.5) or `not-attributable`.'],
    ['tool_call', 'VARCHAR', 'uid of the call that caused it; null below p = 0.5.'],
    ['episode', 'VARCHAR', "That call's episode."],
    ['episode_uid', 'VARCHAR', "That call's row in `episodes`."],
    ['run', 'VARCHAR', "That call's run."],
    ['step', 'BIGINT', "That call's training step."],
    ['p', 'DOUBLE', 'Probability of the most probable call.'],
    ['p_none', 'DOUBLE', 'Probability that none of the recorded calls caused it.'],
    ['p_other', 'DOUBLE', 'Probability of calls that are not listed among the candidates.'],
    ['none_periodic_job', 'DOUBLE', 'Share of `p_none`: a job that recurs by itself.'],
    ['none_host_daemon', 'DOUBLE', 'Share of `p_none`: a daemon of the host.'],
    ['none_outside', 'DOUBLE', 'Share of `p_none`: somebody outside.'],
    ['none_unrecorded_agent', 'DOUBLE', 'Share of `p_none`: an agent whose calls were not recorded.'],
    ['tier', 'VARCHAR', 'What it rests on: `identity`, `content`, `time` or `none`.'],
    ['box', 'VARCHAR', 'The sandbox (or host) it came from.'],
    ['best_call', 'VARCHAR', 'Most probable candidate, also below p = 0.5.'],
    ['severity', 'severity', 'Worst finding that this event is evidence of; null when it is of none.'],
    ['bytes_out', 'BIGINT', 'Bytes sent, where the record carries them.'],
    ['bytes_in', 'BIGINT', 'Bytes received, where the record carries them.'],
    ['destination_id', 'INTEGER', 'Its row in `destinations`.'],
  ],
)

const candidates = table('candidates', 'One call that may have caused an event; at most five an event.', [
  ['event', 'VARCHAR', 'uid of the event.'],
  ['rank', 'BIGINT', '1 for the most probable.'],
  ['tool_call', 'VARCHAR', 'uid of the call.'],
  ['p', 'DOUBLE', 'Its probability.'],
])

const evidence = table('evidence', 'One reason for or against a candidate.', [
  ['event', 'VARCHAR', 'uid of the event.'],
  ['tool_call', 'VARCHAR', 'uid of the candidate.'],
  ['ordinal', 'BIGINT', 'Place among the reasons, from 1.'],
  ['kind', 'VARCHAR', 'Kind of reason.'],
  ['log_odds', 'DOUBLE', 'Its weight in natural-log odds; negative speaks against.'],
  ['text', 'VARCHAR', 'The reason in words.'],
])

const calls = table('calls', 'One tool call of an agent.', [
  ['uid', 'VARCHAR', "The call's id: hash of its file and the record's index in it."],
  ['source_id', 'VARCHAR', 'The id that its own trace gave it.'],
  ['run', 'VARCHAR', 'The training or evaluation run.'],
  ['episode', 'VARCHAR', 'The episode, rollout or session.'],
  ['episode_uid', 'VARCHAR', 'Its row in `episodes`.'],
  ['turn', 'BIGINT', 'Index in the episode.'],
  ['step', 'BIGINT', "The trainer's step."],
  ['policy_version', 'VARCHAR', 'Version of the weights that acted.'],
  ['reward', 'DOUBLE', 'Reward of the episode, where the trace carries it.'],
  ['name', 'VARCHAR', 'The tool.'],
  ['command', 'VARCHAR', 'What it was asked to run, or its arguments.'],
  ['start_time', 'TIMESTAMP', 'When it began, in UTC on the reference clock.'],
  ['end_time', 'TIMESTAMP', 'When it ended; null when the trace does not tell.'],
  ['uncertainty_ms', 'DOUBLE', 'How far its stamps may be off, in ms.'],
  ['time_source', 'VARCHAR', 'What its window was read from.'],
  ['box', 'VARCHAR', 'The sandbox that the trace or the topology names.'],
  ['file', 'VARCHAR', 'The input it stands in.'],
  ['line', 'BIGINT', 'Its line there.'],
  ['exit_code', 'BIGINT', 'Exit code, where the trace tells it.'],
  ['echo_of', 'VARCHAR', 'The call that this record repeats from another input; that one is judged.'],
  ['events', 'BIGINT', 'Events attributed to it (p ≥ 0.5).'],
  ['denied', 'BIGINT', 'Of these, the blocked ones.'],
  ['expected_events', 'DOUBLE', 'Sum of the probabilities of all events it is a candidate for.'],
])

const findings = table('findings', 'One behaviour that a detection found.', [
  ['uid', 'VARCHAR', "The finding's id."],
  ['severity', 'severity', "Informational to critical; can be compared (`severity >= 'high'`)."],
  ['detection', 'VARCHAR', 'Id of the detection.'],
  ['kind', 'VARCHAR', '`tunnel`, `mining`, `probing`, `provisioning`, `exfiltration`, `alert` or `other`.'],
  ['title', 'VARCHAR', 'Whom and what, in a sentence.'],
  ['why', 'VARCHAR', 'Why it is called that.'],
  ['confidence', 'DOUBLE', 'How sure the detection is of the behaviour, 0 to 1.'],
  ['attacks', 'VARCHAR[]', 'ATT&CK and ATLAS technique ids.'],
  ['box', 'VARCHAR', 'The sandbox.'],
  ['episode', 'VARCHAR', 'Episode of the first accused call.'],
  ['incident', 'VARCHAR', 'uid of the incident it belongs to.'],
  ['destinations', 'VARCHAR[]', 'What was reached.'],
  ['calls', 'BIGINT', 'Calls it accuses.'],
  ['events', 'BIGINT', 'Events it rests on.'],
  ['first_time', 'TIMESTAMP', 'First evidence, in UTC.'],
  ['last_time', 'TIMESTAMP', 'Last evidence, in UTC.'],
])

const findingCalls = table('finding_calls', 'A call that a finding accuses.', [
  ['finding', 'VARCHAR', 'uid of the finding.'],
  ['tool_call', 'VARCHAR', 'uid of the call.'],
])

const findingEvents = table('finding_events', 'An event that a finding rests on.', [
  ['finding', 'VARCHAR', 'uid of the finding.'],
  ['event', 'VARCHAR', 'uid of the event.'],
])

const incidents = table('incidents', 'Findings that share a cause, as one story.', [
  ['uid', 'VARCHAR', "The incident's id."],
  ['title', 'VARCHAR', 'What happened.'],
  ['severity', 'severity', 'Worst of its findings.'],
  ['confidence', 'DOUBLE', '0 to 1.'],
  ['kinds', 'VARCHAR[]', 'Kinds of behaviour in it.'],
  ['first_time', 'TIMESTAMP', 'First seen, in UTC.'],
  ['last_time', 'TIMESTAMP', 'Last seen, in UTC.'],
  ['ongoing', 'BOOLEAN', 'Whether it still went on when the logs end.'],
  ['boxes', 'VARCHAR[]', 'Sandboxes.'],
  ['episodes', 'VARCHAR[]', 'Episodes.'],
  ['tool_calls', 'VARCHAR[]', 'uids of the accused calls.'],
  ['findings', 'VARCHAR[]', 'uids of its findings.'],
  ['destinations', 'VARCHAR[]', 'What was reached.'],
  ['first_step', 'BIGINT', 'Training step at which it was first seen.'],
  ['policy_versions', 'VARCHAR[]', 'Versions of the weights that acted.'],
  ['occurrences', 'BIGINT', 'Sightings, repeated ones included.'],
  ['rewarded', 'VARCHAR', 'Whether it was rewarded, in words.'],
  ['actions', 'STRUCT("do" VARCHAR, why VARCHAR)[]', 'What to do about it, and why.'],
])

const episodes = table(
  'episodes',
  'One episode: calls of one run and episode (of one sandbox, where a trace names no episode).',
  [
    ['uid', 'VARCHAR', 'Id of the episode within this case.'],
    ['run', 'VARCHAR', 'The training or evaluation run.'],
    ['episode', 'VARCHAR', 'The name its trace gives it; null where it gives none.'],
    ['step', 'BIGINT', "The trainer's step (the first, where there are several)."],
    ['policy_version', 'VARCHAR', 'Version of the weights that acted.'],
    ['box', 'VARCHAR', 'Its sandbox; of several, the first by name.'],
    ['boxes', 'BIGINT', 'How many sandboxes.'],
    ['reward', 'DOUBLE', 'Its reward, where a trace carries one.'],
    ['calls', 'BIGINT', 'Tool calls (records that repeat another are not counted).'],
    ['events', 'BIGINT', 'Events attributed to its calls (p ≥ 0.5).'],
    ['denied', 'BIGINT', 'Of these, the blocked ones.'],
    [
      'destinations',
      'BIGINT',
      'Different destinations (name or address, and port) of these, DNS queries left out.',
    ],
    ['bytes_out', 'BIGINT', 'Bytes sent, where an input carries them.'],
    ['bytes_in', 'BIGINT', 'Bytes received, where an input carries them.'],
    ['findings', 'BIGINT', 'Findings that accuse its calls.'],
    ['worst', 'severity', 'Worst of these; null without any.'],
    ['first_time', 'TIMESTAMP', 'First call or event, in UTC.'],
    ['last_time', 'TIMESTAMP', 'Last call or event, in UTC.'],
  ],
)

const egress = table(
  'egress',
  'What one call reached (or may have): a destination, a port, an outcome. `tool_call` is null for what no recorded call caused.',
  [
    ['tool_call', 'VARCHAR', 'uid of the call, or null.'],
    ['tool', 'VARCHAR', "The call's tool."],
    ['run', 'VARCHAR', "The call's run."],
    ['episode', 'VARCHAR', "The call's episode."],
    ['episode_uid', 'VARCHAR', "The call's row in `episodes`."],
    ['step', 'BIGINT', "The call's training step."],
    ['box', 'VARCHAR', 'The sandbox or host it came from.'],
    [
      'kind',
      'VARCHAR',
      '`connection`, or `dns` for a query (then `name` is what was asked for, `dst` the resolver).',
    ],
    ['name', 'VARCHAR', 'Host name of the destination, where known.'],
    ['dst', 'VARCHAR', 'Address of the destination; of several behind a name, the first.'],
    ['port', 'INTEGER', 'Its port.'],
    ['disposition', 'VARCHAR', '`allowed`, `blocked` or null.'],
    [
      'events',
      'BIGINT',
      'Events attributed to this call (or, without one, to none): these add up to all events.',
    ],
    [
      'expected',
      'DOUBLE',
      'The same weighted by probability, over all candidates: these add up to all events, too.',
    ],
    ['bytes_out', 'BIGINT', 'Bytes sent in the attributed events, where an input carries them.'],
    ['bytes_in', 'BIGINT', 'Bytes received in them, where an input carries them.'],
    ['first_time', 'TIMESTAMP', 'First of the events it is a candidate for.'],
    ['last_time', 'TIMESTAMP', 'Last of them.'],
    ['destination_id', 'INTEGER', 'Its row in `destinations`; grouping by numbers is quicker than by texts.'],
    ['call_id', 'INTEGER', 'A number for `tool_call`.'],
    ['episode_id', 'INTEGER', 'A number for `episode_uid`.'],
  ],
)

const destinations = table(
  'destinations',
  'One destination: a name (or an address without one), a port, a kind.',
  [
    ['id', 'INTEGER', 'Its number.'],
    ['destination', 'VARCHAR', 'Host name where known, else the address.'],
    ['name', 'VARCHAR', 'Host name, where known.'],
    ['first_address', 'VARCHAR', 'Its address; of several, the first.'],
    ['last_address', 'VARCHAR', 'The last of several.'],
    ['port', 'INTEGER', 'Port.'],
    ['kind', 'VARCHAR', '`connection`, or `dns` for a query.'],
  ],
)

const rejects = table('rejects', 'A record that could not be read.', [
  ['file', 'VARCHAR', 'The input.'],
  ['line', 'BIGINT', 'Its line.'],
  ['reason', 'VARCHAR', 'Why it was refused.'],
  ['text', 'VARCHAR', 'Its text, cut at 500 characters.'],
])

const inputs = table('inputs', 'One file that was given to the investigation.', [
  ['path', 'VARCHAR', 'As given, relative below a folder.'],
  ['format', 'VARCHAR', 'Importer, or `unknown`, `empty`, `duplicate`, `unreadable`.'],
  ['records', 'BIGINT', 'Rows in it.'],
  ['events', 'BIGINT', 'Events it gave.'],
  ['tool_calls', 'BIGINT', 'Calls it gave.'],
  ['boxes', 'BIGINT', 'Sandboxes it gave.'],
  ['episodes', 'BIGINT', 'Episodes it gave.'],
  ['rejected', 'BIGINT', 'Rows that were refused; see `rejects`.'],
  ['skipped', 'VARCHAR', 'Rows known to carry none of these, by reason, as JSON.'],
  ['first_time', 'TIMESTAMP', "First record, on the source's own clock."],
  ['last_time', 'TIMESTAMP', "Last record, on the source's own clock."],
  ['sha256', 'VARCHAR', 'Hash of the bytes as given.'],
  ['bytes', 'BIGINT', 'Size as given.'],
  ['note', 'VARCHAR', 'Why it was not read, or what to know about it.'],
])

const clocks = table('clocks', 'One clock that records were stamped by.', [
  ['domain', 'VARCHAR', 'The clock.'],
  ['offset_ms', 'DOUBLE', "How far it is ahead of the agents' traces."],
  ['drift_ppm', 'DOUBLE', 'How much that grows, in parts per million.'],
  ['z', 'DOUBLE', 'How clearly that was measured, in standard errors.'],
  ['sd_ms', 'DOUBLE', 'Uncertainty of the offset.'],
  ['aligned', 'BOOLEAN', 'Whether times were corrected by it.'],
  ['note', 'VARCHAR', 'In words.'],
])

const hypotheses = table('hypotheses', 'One explanation of the events as a whole.', [
  ['name', 'VARCHAR', '`agent-caused`, `periodic-job`, `outside` or `background`.'],
  ['score', 'DOUBLE', 'Its score.'],
  ['p_value', 'DOUBLE', 'How often chance does as well.'],
  ['verdict', 'VARCHAR', '`supported`, `rejected` or `undecided`.'],
  ['text', 'VARCHAR', 'In words.'],
])

const unread = table('unread', "One of the case's own files of which not every line is in these tables.", [
  ['file', 'VARCHAR', 'The file.'],
  ['broken', 'BIGINT', 'Lines that are no line of the contract.'],
  ['cut_off', 'BOOLEAN', 'Whether the file ends in the middle of its last line.'],
  ['missing', 'BIGINT', 'Lines that the summary counts and the file lacks.'],
])

/** Every table, in the order of the reference page. */
export const caseTables: readonly Table[] = [
  events,
  candidates,
  evidence,
  calls,
  episodes,
  egress,
  destinations,
  findings,
  findingCalls,
  findingEvents,
  incidents,
  inputs,
  clocks,
  hypotheses,
  rejects,
  unread,
]
