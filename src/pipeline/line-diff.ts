// The difference of two texts that differ in one place, as a unified diff: what people and `patch` read.

const contextLines = 3

/** Empty when they are the same. Lines before and after the place that differs are kept, three of each. */
export function lineDiff(before: string, after: string, name: string): string {
  if (before === after) return ''
  const [old, fresh] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start++
  let same = 0
  const shorter = Math.min(old.length, fresh.length) - start
  while (same < shorter && old[old.length - 1 - same] === fresh[fresh.length - 1 - same]) same++
  const from = Math.max(0, start - contextLines)
  const oldEnd = Math.min(old.length, old.length - same + contextLines)
  const freshEnd = Math.min(fresh.length, fresh.length - same + contextLines)
  return [
    `--- ${name}`,
    `+++ ${name}`,
    `@@ -${rangeOf(from, oldEnd)} +${rangeOf(from, freshEnd)} @@`,
    ...old.slice(from, start).map((line) => ` ${line}`),
    ...old.slice(start, old.length - same).map((line) => `-${line}`),
    ...fresh.slice(start, fresh.length - same).map((line) => `+${line}`),
    ...old.slice(old.length - same, oldEnd).map((line) => ` ${line}`),
    '',
  ].join('\n')
}

/** Without the empty one behind the last newline; a last line without one says so, as `diff` does. */
function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  else lines[lines.length - 1] += '\n\\ No newline at end of file'
  return lines
}

function rangeOf(from: number, end: number): string {
  return `${end === from ? from : from + 1},${end - from}`
}
