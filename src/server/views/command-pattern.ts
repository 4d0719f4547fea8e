// A command without what differs each time it is run, so that two episodes can be laid beside each other.

const lengthMax = 400

/** `cat /tmp/tmp.Ab3dE9fGh1/x-1732.log` → `cat /tmp/… x-<n>.log`; addresses, ports and names of hosts stay. */
export function commandPattern(command: string): string {
  return command
    .slice(0, lengthMax * 4)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>')
    .replace(/\/(?:var\/)?tmp\/[\w.@+-]+/g, '/tmp/<name>')
    .replace(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/gi, '<hex>')
    .replace(/(?<![\d.:])\d{6,}(?![\d.])/g, (digits, at: number, whole: string) =>
      whole[at - 1] === ':' ? digits : '<n>',
    )
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, lengthMax)
}
