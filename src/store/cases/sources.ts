// The files of a case and the columns that are read from each. Types are always stated, never sniffed: a column
// that is null throughout one case has its type nevertheless, and a missing field is null.

export interface Source {
  readonly file: string
  /** Table of the raw database. */
  readonly raw: string
  /** JSON key → DuckDB type. */
  readonly columns: Readonly<Record<string, string>>
  /** A line without this is no line of the contract. */
  readonly needs: string
}

const text = 'VARCHAR'
const texts = 'VARCHAR[]'
const whole = 'BIGINT'
const real = 'DOUBLE'

export const lineSources: readonly Source[] = [
  {
    file: 'attributions.jsonl',
    raw: 'attributions',
    needs: 'event.uid',
    columns: {
      event: struct({
        uid: text,
        file: text,
        line: whole,
        time: text,
        sourceTime: text,
        class: text,
        src: text,
        dst: text,
        port: 'INTEGER',
        name: text,
        disposition: text,
        rule: text,
        bytesOut: whole,
        bytesIn: whole,
      }),
      verdict: text,
      toolCall: text,
      p: real,
      pNone: real,
      pOther: real,
      noneSplit: struct({
        'periodic-job': real,
        'host-daemon': real,
        outside: real,
        'unrecorded-agent': real,
      }),
      tier: text,
      box: text,
      candidates: `${struct({
        toolCall: text,
        p: real,
        evidence: `${struct({ kind: text, logOdds: real, text })}[]`,
      })}[]`,
    },
  },
  {
    file: 'toolcalls.jsonl',
    raw: 'toolcalls',
    needs: 'uid',
    columns: {
      uid: text,
      sourceId: text,
      run: text,
      episode: text,
      turn: whole,
      step: whole,
      policyVersion: text,
      reward: real,
      name: text,
      command: text,
      start: text,
      end: text,
      uncertaintyMs: real,
      timeSource: text,
      box: text,
      file: text,
      line: whole,
      exitCode: whole,
      echoOf: text,
    },
  },
  {
    file: 'findings.jsonl',
    raw: 'findings',
    needs: 'finding_info.uid',
    columns: {
      time: whole,
      start_time: whole,
      severity: text,
      confidence_score: real,
      finding_info: struct({
        uid: text,
        title: text,
        desc: text,
        analytic: struct({ uid: text }),
        attacks: `${struct({ technique: struct({ uid: text }), sub_technique: struct({ uid: text }) })}[]`,
      }),
      resources: `${struct({ uid: text })}[]`,
      unmapped: struct({
        toolCalls: texts,
        events: texts,
        episode: text,
        kind: text,
        destinations: texts,
      }),
    },
  },
  {
    file: 'incidents.jsonl',
    raw: 'incidents',
    needs: 'uid',
    columns: {
      uid: text,
      title: text,
      severity: text,
      confidence: real,
      kinds: texts,
      firstSeen: text,
      lastSeen: text,
      ongoing: 'BOOLEAN',
      boxes: texts,
      episodes: texts,
      toolCalls: texts,
      findings: texts,
      destinations: texts,
      firstStep: whole,
      policyVersions: texts,
      occurrences: whole,
      rewarded: text,
      actions: `${struct({ do: text, why: text })}[]`,
    },
  },
  {
    file: 'rejects.jsonl',
    raw: 'rejects',
    needs: 'reason',
    columns: { file: text, line: whole, reason: text, text },
  },
]

/** `summary.json` is one document; what is asked of it here are its lists. */
export const summarySource: Source = {
  file: 'summary.json',
  raw: 'summary',
  needs: '_schema',
  columns: {
    _schema: text,
    inputs: `${struct({
      path: text,
      format: text,
      records: whole,
      events: whole,
      toolCalls: whole,
      boxes: whole,
      episodes: whole,
      rejected: whole,
      skipped: 'JSON',
      firstTime: text,
      lastTime: text,
      sha256: text,
      bytes: whole,
      note: text,
    })}[]`,
    clocks: `${struct({
      domain: text,
      offsetMs: real,
      driftPpm: real,
      z: real,
      sdMs: real,
      aligned: 'BOOLEAN',
      note: text,
    })}[]`,
    hypotheses: `${struct({ name: text, score: real, pValue: real, verdict: text, text })}[]`,
  },
}

function struct(fields: Readonly<Record<string, string>>): string {
  return `STRUCT(${Object.entries(fields)
    .map(([name, type]) => `"${name}" ${type}`)
    .join(', ')})`
}
