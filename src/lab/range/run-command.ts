import { spawn } from 'node:child_process'

/** Runs a short command to its end and gives its stdout (at most 4 MiB); throws with its stderr, or after 20 s. */
export function run(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let stdout = ''
    let stderr = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
    child.stdout.on('data', (data: Buffer) => {
      if (stdout.length < 4_194_304) stdout += data.toString()
    })
    child.stderr.on('data', (data: Buffer) => {
      stderr = (stderr + data.toString()).slice(-2000)
    })
    child.stdin.on('error', () => {})
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(stdout)
      else
        reject(
          new Error(
            `${command} ${args.join(' ').slice(0, 300)}: ${stderr.trim() || `ended with ${signal ?? code}`}`,
          ),
        )
    })
    child.stdin.end(input)
  })
}
