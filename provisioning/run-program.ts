import { execFile } from 'node:child_process'
import { fail, ok, type Result } from '../src/core/fault.ts'

const OUTPUT_BYTES_MAX = 1_048_576
/** Debian keeps daemons where the path of a user does not lead. */
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Where programs are looked for. */
export function programFolders(): readonly string[] {
  return [...(process.env['PATH'] ?? '').split(':'), ...FOLDERS].filter((folder) => folder !== '')
}

/** Runs a program to its end, for `secondsMax` at most; its standard output. Fault: `program.failed`. */
export function runProgram(program: string, words: readonly string[], secondsMax: number): Promise<Result<string>> {
  const options = {
    env: { ...process.env, PATH: programFolders().join(':'), LANG: 'C.UTF-8' },
    timeout: secondsMax * 1_000,
    maxBuffer: OUTPUT_BYTES_MAX,
  }
  return new Promise((resolve) => {
    execFile(program, words, options, (error, output, complaint) => {
      const reason = complaint.trim().split('\n').at(-1) || error?.message || ''
      resolve(error === null ? ok(output) : fail('program.failed', `${program}: ${reason}`))
    })
  })
}
