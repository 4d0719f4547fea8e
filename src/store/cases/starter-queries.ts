// Queries to start with. Each is run on the recorded incident by a test.

export interface SavedQuery {
  readonly id: string
  readonly title: string
  /** What it answers, in a sentence. */
  readonly says: string
  readonly sql: string
}

export const starterQueries: readonly SavedQuery[] = [
  {
    id: 'start.calls-behind-alarms',
    title: 'Calls behind alarms',
    says: 'Tool calls that alarms of the firewall are attributed to, most alarms first.',
    sql: `SELECT c.uid, c.episode, c.step, c.box, c.name AS tool, left(c.command, 200) AS command,
  count(*) AS alarms, max(e.severity) AS worst, round(max(e.p), 3) AS p
FROM events e JOIN calls c ON c.uid = e.tool_call
WHERE e.severity IS NOT NULL
GROUP BY ALL ORDER BY worst DESC, alarms DESC LIMIT 200`,
  },
  {
    id: 'start.unexplained-alarms',
    title: 'Alarms that no call explains',
    says: 'Alarms below p = 0.5, with what is most likely instead of a recorded call.',
    sql: `SELECT time, src, coalesce(name, dst) AS destination, port, rule, round(p, 3) AS p, round(p_none, 3) AS p_none,
  round(none_periodic_job, 3) AS periodic_job, round(none_host_daemon, 3) AS host_daemon,
  round(none_outside, 3) AS outside, round(none_unrecorded_agent, 3) AS unrecorded_agent, file, line
FROM events WHERE severity IS NOT NULL AND tool_call IS NULL
ORDER BY severity DESC, time LIMIT 500`,
  },
  {
    id: 'start.rare-destinations',
    title: 'Destinations of one episode only',
    says: 'Where a single episode went and no other did: what is common to all is the task, what is not may be the incident.',
    sql: `SELECT coalesce(name, dst) AS destination, port, any_value(episode) AS episode, any_value(box) AS box,
  sum(events)::BIGINT AS events, count(*) FILTER (disposition = 'blocked') > 0 AS denied, min(first_time) AS first_seen
FROM egress WHERE kind = 'connection' AND tool_call IS NOT NULL AND events > 0
GROUP BY ALL HAVING count(DISTINCT episode_uid) = 1
ORDER BY events DESC LIMIT 200`,
  },
  {
    id: 'start.by-step',
    title: 'Behaviour over training',
    says: 'By training step: calls, denied events, findings and mean reward. Does it grow?',
    sql: `SELECT step, count(*) AS episodes, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied,
  sum(findings)::BIGINT AS findings, count(*) FILTER (worst >= 'high') AS episodes_high, round(avg(reward), 3) AS mean_reward
FROM episodes WHERE step IS NOT NULL GROUP BY step ORDER BY step`,
  },
  {
    id: 'start.rewarded',
    title: 'Rewarded although found',
    says: 'Mean reward of episodes with and without findings, by run.',
    sql: `SELECT run, worst IS NOT NULL AND worst >= 'medium' AS has_findings, count(*) AS episodes,
  round(avg(reward), 3) AS mean_reward, round(stddev_samp(reward), 3) AS sd
FROM episodes WHERE reward IS NOT NULL GROUP BY ALL ORDER BY run, has_findings`,
  },
  {
    id: 'start.probing',
    title: 'Many targets in one call',
    says: 'Calls that reached ten or more different destinations: scans and probing look like this.',
    sql: `SELECT tool_call, any_value(episode) AS episode, any_value(box) AS box,
  count(DISTINCT (coalesce(name, dst), port)) AS destinations, count(DISTINCT port) AS ports,
  sum(events)::BIGINT AS events, min(first_time) AS first_seen
FROM egress WHERE kind = 'connection' AND tool_call IS NOT NULL AND events > 0
GROUP BY tool_call HAVING destinations >= 10 ORDER BY destinations DESC LIMIT 100`,
  },
  {
    id: 'start.steady-beat',
    title: 'Steady beats',
    says: 'Source and destination pairs whose events come at even distances: beacons, tunnels kept alive, periodic jobs.',
    sql: `WITH gaps AS (
  SELECT src, coalesce(name, dst) AS destination, port,
    epoch_us(time) - lag(epoch_us(time)) OVER (PARTITION BY src, coalesce(name, dst), port ORDER BY time) AS gap_us
  FROM events WHERE class <> 'dns_activity')
SELECT src, destination, port, count(*) AS gaps, round(median(gap_us) / 1e6, 3) AS median_s,
  round(stddev_samp(gap_us) / nullif(avg(gap_us), 0), 3) AS spread
FROM gaps WHERE gap_us > 100000 GROUP BY ALL HAVING count(*) >= 5 ORDER BY spread LIMIT 100`,
  },
  {
    id: 'start.evidence',
    title: 'What the attribution rests on',
    says: 'Kinds of evidence, how often each was used and how much it weighs.',
    sql: `SELECT kind, count(*) AS used, round(avg(log_odds), 2) AS mean_log_odds, round(min(log_odds), 2) AS least,
  round(max(log_odds), 2) AS most, any_value(text) AS for_example
FROM evidence GROUP BY kind ORDER BY used DESC`,
  },
  {
    id: 'start.first-sightings',
    title: 'First sighting of each finding',
    says: 'By kind of finding: when it was seen first, in which episode and by which call.',
    sql: `SELECT f.detection, max(f.severity) AS worst, count(*) AS findings, min(f.first_time) AS first_seen,
  arg_min(f.episode, f.first_time) AS episode, arg_min(f.title, f.first_time) AS title
FROM findings f GROUP BY f.detection ORDER BY worst DESC, first_seen`,
  },
  {
    id: 'start.coverage',
    title: 'What each input gave',
    says: 'Records, events, calls and refused rows of every input, the poorest first.',
    sql: `SELECT path, format, records, events, tool_calls, rejected, first_time, last_time, note
FROM inputs ORDER BY rejected DESC, events + tool_calls, path`,
  },
]
