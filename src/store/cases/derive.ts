// From the raw rows of a case's files to its tables, in SQL. `raw` is a database of its own that is deleted afterwards.

import { severities } from '../../schema/event.ts'
import { lineSources, type Source, summarySource } from './sources.ts'
import { severityType } from './tables.ts'

/** Most bytes of one line; a longer one counts as unreadable. */
export const lineBytesMax = 64 * 1024 * 1024

/** Reads one file, bound as the only parameter, as it is. */
export function readSource({ raw, columns }: Source, from: string): string {
  const list = Object.entries(columns)
    .map(([name, type]) => `${quoted(name)}: ${quoted(type)}`)
    .join(', ')
  return `CREATE OR REPLACE TABLE raw.${raw} AS SELECT *, row_number() OVER () AS seq FROM read_json(${quoted(from)},
    format = '${raw === summarySource.raw ? 'unstructured' : 'newline_delimited'}', columns = {${list}},
    maximum_object_size = ${lineBytesMax}, ignore_errors = ${raw !== summarySource.raw})`
}

/** Lines that gave nothing: cut off, broken, or no line of the contract. */
export function countUnreadable({ raw, needs }: Source): string {
  return `SELECT count(*) AS n FROM raw.${raw} WHERE ${needs} IS NULL`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const unread = Object.fromEntries(lineSources.map(({ raw, needs }) => [raw, `${needs} IS NOT NULL`]))
const severity = (of: string) => `TRY_CAST(lower(${of}) AS severity)`
const time = (of: string) => `TRY_CAST(${of} AS TIMESTAMP)`
/** Without a name, the episode is what its sandbox did in its run. */
const episodeUid = (row: string) =>
  `'e' || left(md5(json_array(${row}.run, ${row}.episode, CASE WHEN ${row}.episode IS NULL THEN ${row}.box END)::VARCHAR), 16)`

const kind = `CASE WHEN event."class" = 'dns_activity' THEN 'dns' ELSE 'connection' END`

/** In this order: later ones read earlier ones. `[what is being made, SQL]`. */
export const derivations: readonly (readonly [string, string])[] = [
  ['types', `CREATE TYPE severity AS ${severityType}`],
  [
    'findings',
    `CREATE TABLE raw.finding_events AS
       SELECT DISTINCT finding_info.uid AS finding, unnest(unmapped.events) AS event, ${severity('severity')} AS severity
       FROM raw.findings WHERE ${unread.findings}`,
  ],
  [
    'findings',
    `CREATE TABLE finding_events AS SELECT finding, event FROM raw.finding_events WHERE event IS NOT NULL`,
  ],
  [
    'findings',
    `CREATE TABLE finding_calls AS SELECT finding, tool_call FROM (
       SELECT DISTINCT finding_info.uid AS finding, unnest(unmapped.toolCalls) AS tool_call
       FROM raw.findings WHERE ${unread.findings}) WHERE tool_call IS NOT NULL`,
  ],
  [
    'calls',
    `CREATE TABLE raw.calls AS SELECT * EXCLUDE seq, row_number() OVER ()::INTEGER AS call_id,
         dense_rank() OVER (ORDER BY episode_uid)::INTEGER AS episode_id
       FROM (SELECT *, ${episodeUid('t')} AS episode_uid FROM raw.toolcalls t WHERE ${unread.toolcalls})`,
  ],
  [
    'destinations',
    `CREATE TABLE destinations AS SELECT row_number() OVER ()::INTEGER AS id, * FROM (
       SELECT coalesce(event.name, event.dst) AS destination, any_value(event.name) AS name,
         min(event.dst) AS first_address, max(event.dst) AS last_address, event.port AS port, ${kind} AS kind
       FROM raw.attributions WHERE ${unread.attributions}
       GROUP BY coalesce(event.name, event.dst), event.port, ${kind})`,
  ],
  [
    'events',
    `CREATE TABLE raw.event_severity AS
       SELECT event, max(severity) AS severity FROM raw.finding_events GROUP BY event`,
  ],
  [
    'events',
    `CREATE TABLE events AS SELECT
       l.event.uid AS uid, l.seq, ${time('l.event.time')} AS time, l.event.sourceTime AS source_time, l.event."class" AS "class",
       l.event.src AS src, l.event.dst AS dst, l.event.port AS port, l.event.name AS name,
       l.event.disposition AS disposition, l.event.rule AS rule, l.event.file AS file, l.event.line AS line,
       l.verdict, l.toolCall AS tool_call, c.episode, c.episode_uid, c.run, c.step,
       l.p, l.pNone AS p_none, l.pOther AS p_other,
       l.noneSplit."periodic-job" AS none_periodic_job, l.noneSplit."host-daemon" AS none_host_daemon,
       l.noneSplit.outside AS none_outside, l.noneSplit."unrecorded-agent" AS none_unrecorded_agent,
       l.tier, l.box, l.candidates[1].toolCall AS best_call, s.severity,
       l.event.bytesOut AS bytes_out, l.event.bytesIn AS bytes_in, d.id AS destination_id
     FROM raw.attributions l
     JOIN destinations d ON d.destination IS NOT DISTINCT FROM coalesce(l.event.name, l.event.dst)
       AND d.port IS NOT DISTINCT FROM l.event.port AND d.kind = ${kind.replace('event', 'l.event')}
     LEFT JOIN raw.calls c ON c.uid = l.toolCall
     LEFT JOIN raw.event_severity s ON s.event = l.event.uid
     WHERE l.${unread.attributions}`,
  ],
  [
    'candidates',
    `CREATE TABLE raw.candidates AS SELECT seq, event.uid AS event, generate_subscripts(candidates, 1) AS rank,
       unnest(candidates) AS candidate FROM raw.attributions WHERE len(candidates) > 0 AND ${unread.attributions}`,
  ],
  [
    'candidates',
    `CREATE TABLE candidates AS SELECT event, rank, candidate.toolCall AS tool_call, candidate.p AS p FROM raw.candidates`,
  ],
  [
    'evidence',
    `CREATE TABLE evidence AS SELECT event, tool_call, ordinal, e.kind AS kind, e.logOdds AS log_odds, e.text AS text
     FROM (SELECT event, candidate.toolCall AS tool_call, generate_subscripts(candidate.evidence, 1) AS ordinal,
             unnest(candidate.evidence) AS e
           FROM raw.candidates WHERE len(candidate.evidence) > 0)`,
  ],
  [
    'calls',
    `CREATE TABLE calls AS
     WITH named AS (
       SELECT tool_call, count(*) AS events, count(*) FILTER (disposition = 'blocked') AS denied
       FROM events WHERE tool_call IS NOT NULL GROUP BY tool_call),
     weighed AS (SELECT tool_call, sum(p) AS expected FROM candidates GROUP BY tool_call)
     SELECT c.uid, c.sourceId AS source_id, c.run, c.episode, c.episode_uid, c.turn, c.step,
       c.policyVersion AS policy_version, c.reward, c.name, c.command,
       ${time('c.start')} AS start_time, ${time('c."end"')} AS end_time, c.uncertaintyMs AS uncertainty_ms,
       c.timeSource AS time_source, c.box, c.file, c.line, c.exitCode AS exit_code, c.echoOf AS echo_of,
       coalesce(n.events, 0) AS events, coalesce(n.denied, 0) AS denied, coalesce(w.expected, 0) AS expected_events
     FROM raw.calls c LEFT JOIN named n ON n.tool_call = c.uid LEFT JOIN weighed w ON w.tool_call = c.uid`,
  ],
  [
    'egress',
    `CREATE TABLE egress AS
     WITH pairs AS (
       SELECT k.seq, k.candidate.toolCall AS tool_call, k.candidate.p AS p, c.call_id
       FROM raw.candidates k LEFT JOIN raw.calls c ON c.uid = k.candidate.toolCall
       UNION ALL
       SELECT seq, NULL, p_none + p_other, NULL FROM events WHERE p_none + p_other > 0 OR tool_call IS NULL),
     shares AS (
       SELECT p.call_id, p.p, e.destination_id, e.disposition, e.box, e.name, e.dst, e.time, e.bytes_out, e.bytes_in,
         p.tool_call IS NOT DISTINCT FROM e.tool_call AS own
       FROM pairs p JOIN events e ON e.seq = p.seq),
     sums AS (
       SELECT call_id, destination_id, disposition, CASE WHEN call_id IS NULL THEN box END AS unnamed_box,
         min(box) AS event_box, any_value(name) AS name, min(dst) AS dst,
         count(*) FILTER (own) AS events, sum(p) AS expected,
         sum(bytes_out) FILTER (own) AS bytes_out, sum(bytes_in) FILTER (own) AS bytes_in,
         min(time) AS first_time, max(time) AS last_time
       FROM shares GROUP BY call_id, destination_id, disposition, unnamed_box)
     SELECT c.uid AS tool_call, c.name AS tool, c.run, c.episode, c.episode_uid, c.step,
       CASE WHEN c.uid IS NULL THEN s.unnamed_box ELSE coalesce(c.box, s.event_box) END AS box,
       d.kind, s.name, s.dst, d.port, s.disposition, s.events, s.expected,
       s.bytes_out::BIGINT AS bytes_out, s.bytes_in::BIGINT AS bytes_in, s.first_time, s.last_time,
       s.destination_id, c.call_id, c.episode_id
     FROM sums s JOIN destinations d ON d.id = s.destination_id LEFT JOIN raw.calls c ON c.call_id = s.call_id`,
  ],
  [
    'incidents',
    `CREATE TABLE incidents AS SELECT uid, title, ${severity('severity')} AS severity, confidence, kinds,
       ${time('firstSeen')} AS first_time, ${time('lastSeen')} AS last_time, ongoing, boxes, episodes,
       toolCalls AS tool_calls, findings, destinations, firstStep AS first_step, policyVersions AS policy_versions,
       occurrences, rewarded, actions FROM raw.incidents WHERE ${unread.incidents}`,
  ],
  ['findings', findingsSql()],
  [
    'episodes',
    `CREATE TABLE episodes AS
     WITH called AS (
       SELECT episode_uid AS uid, any_value(run) AS run, any_value(episode) AS episode, min(step) AS step,
         max(policy_version) AS policy_version, min(box) AS box, count(DISTINCT box) AS boxes, max(reward) AS reward,
         count(*) FILTER (echo_of IS NULL) AS calls, min(start_time) AS first_time,
         max(coalesce(end_time, start_time)) AS last_time
       FROM calls GROUP BY episode_uid),
     seen AS (
       SELECT episode_uid AS uid, count(*) AS events, count(*) FILTER (disposition = 'blocked') AS denied,
         count(DISTINCT (coalesce(name, dst), port)) FILTER ("class" <> 'dns_activity') AS destinations,
         sum(bytes_out) AS bytes_out, sum(bytes_in) AS bytes_in, min(box) AS box,
         min(time) AS first_time, max(time) AS last_time
       FROM events WHERE episode_uid IS NOT NULL GROUP BY episode_uid),
     accused AS (
       SELECT c.episode_uid AS uid, count(DISTINCT f.finding) AS findings, max(g.severity) AS worst
       FROM finding_calls f JOIN calls c ON c.uid = f.tool_call JOIN findings g ON g.uid = f.finding
       GROUP BY c.episode_uid)
     SELECT c.uid, c.run, c.episode, c.step, c.policy_version, coalesce(c.box, s.box) AS box,
       greatest(c.boxes, CASE WHEN s.box IS NULL THEN 0 ELSE 1 END) AS boxes, c.reward, c.calls,
       coalesce(s.events, 0) AS events, coalesce(s.denied, 0) AS denied, coalesce(s.destinations, 0) AS destinations,
       s.bytes_out::BIGINT AS bytes_out, s.bytes_in::BIGINT AS bytes_in, coalesce(a.findings, 0) AS findings, a.worst,
       least(c.first_time, s.first_time) AS first_time, greatest(c.last_time, s.last_time) AS last_time
     FROM called c LEFT JOIN seen s ON s.uid = c.uid LEFT JOIN accused a ON a.uid = c.uid`,
  ],
  [
    'rejects',
    `CREATE TABLE rejects AS SELECT file, line, reason, text FROM raw.rejects WHERE ${unread.rejects}`,
  ],
  [
    'inputs',
    `CREATE TABLE inputs AS SELECT i.path, i.format, i.records, i.events, i.toolCalls AS tool_calls, i.boxes, i.episodes,
       i.rejected, i.skipped::VARCHAR AS skipped, ${time('i.firstTime')} AS first_time, ${time('i.lastTime')} AS last_time,
       i.sha256, i.bytes, i.note FROM (SELECT unnest(inputs) AS i FROM raw.summary)`,
  ],
  [
    'clocks',
    `CREATE TABLE clocks AS SELECT c.domain, c.offsetMs AS offset_ms, c.driftPpm AS drift_ppm, c.z, c.sdMs AS sd_ms,
       c.aligned, c.note FROM (SELECT unnest(clocks) AS c FROM raw.summary)`,
  ],
  [
    'hypotheses',
    `CREATE TABLE hypotheses AS SELECT h.name, h.score, h.pValue AS p_value, h.verdict, h.text
     FROM (SELECT unnest(hypotheses) AS h FROM raw.summary)`,
  ],
]

/** OCSF's times are in ms; the evidence they were taken from has the µs, and is preferred where it fits. */
function findingsSql(): string {
  const exact = (ms: string, ...of: string[]) =>
    `CASE ${of.map((one) => `WHEN epoch_ms(${one}) = ${ms} THEN ${one}`).join(' ')} ELSE make_timestamp(${ms} * 1000) END`
  return `CREATE TABLE findings AS
    WITH seen AS (
      SELECT f.finding AS uid, min(e.time) AS first_time, max(e.time) AS last_time
      FROM finding_events f JOIN events e ON e.uid = f.event GROUP BY f.finding),
    called AS (
      SELECT f.finding AS uid, min(c.start_time) AS first_time, max(c.start_time) AS last_start, max(c.end_time) AS last_end
      FROM finding_calls f JOIN calls c ON c.uid = f.tool_call GROUP BY f.finding),
    belongs AS (
      SELECT finding, min(incident) AS incident
      FROM (SELECT uid AS incident, unnest(findings) AS finding FROM incidents) GROUP BY finding)
    SELECT f.finding_info.uid AS uid, coalesce(${severity('f.severity')}, '${severities[0]}'::severity) AS severity,
      f.finding_info.analytic.uid AS detection, f.unmapped.kind AS kind, f.finding_info.title AS title,
      f.finding_info."desc" AS why, f.confidence_score / 100 AS confidence,
      list_filter(list_transform(coalesce(f.finding_info.attacks, []),
        lambda a: coalesce(a.sub_technique.uid, a.technique.uid)), lambda a: a IS NOT NULL) AS attacks,
      f.resources[1].uid AS box, f.unmapped.episode AS episode, b.incident,
      coalesce(f.unmapped.destinations, []) AS destinations,
      len(coalesce(f.unmapped.toolCalls, [])) AS calls, len(coalesce(f.unmapped.events, [])) AS events,
      ${exact('f.start_time', 's.first_time', 'c.first_time')} AS first_time,
      ${exact('f.time', 's.last_time', 'c.last_end', 'c.last_start')} AS last_time
    FROM raw.findings f
    LEFT JOIN seen s ON s.uid = f.finding_info.uid
    LEFT JOIN called c ON c.uid = f.finding_info.uid
    LEFT JOIN belongs b ON b.finding = f.finding_info.uid
    WHERE ${unread.findings}`
}
