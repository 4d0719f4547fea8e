// /proc/PID/stat: `812 (curl) S 811 …`. The name is in parentheses and may hold anything, parentheses too.

/** The name, and the fields from the state on (proc_pid_stat(5), field 3): state, ppid…; the start in ticks is the 20th. */
export function readProcStat(text: string): { readonly name: string; readonly fields: readonly string[] } {
  const close = text.lastIndexOf(')')
  return { name: text.slice(text.indexOf('(') + 1, close), fields: text.slice(close + 2).split(' ') }
}
