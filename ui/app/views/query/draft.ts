// What stands in the field is kept while the browser's window is open: a look elsewhere does not cost it.

const key = 'vigiles.sql'
const start = `SELECT disposition, count(*) AS events, count(DISTINCT src) AS sources
FROM events
GROUP BY ALL
ORDER BY events DESC`

export function draftOf(source: string): string {
  try {
    return sessionStorage.getItem(`${key} ${source}`) ?? start
  } catch {
    return start
  }
}

export function keepDraft(source: string, sql: string): void {
  try {
    sessionStorage.setItem(`${key} ${source}`, sql)
  } catch {
    // A browser that keeps nothing, or a text that is too long for it.
  }
}
