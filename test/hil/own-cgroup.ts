import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './command.ts'

/**
 * A control group for one container. Where systemd runs it makes one when it is asked; elsewhere two containers would
 * find themselves in the same one, and the systemd of each would end the processes of the other.
 */
export interface OwnCgroup {
  /** What has to stand before a command for it to run in the group. */
  readonly enter: readonly string[]
  /** Once nothing runs in it any more. */
  remove(): Promise<void>
}

/** Version 2 alone, or both side by side, of which systemd uses these two. */
const HIERARCHIES = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd']

export function ownCgroup(name: string): OwnCgroup {
  const folders = HIERARCHIES.filter((folder) => existsSync(join(folder, 'cgroup.procs'))).map((folder) =>
    join(folder, name),
  )
  // Where the groups cannot be written, this machine is a container itself, and nobody else's.
  const script = [
    ...folders.map((folder) => `mkdir ${folder} && echo $$ > ${folder}/cgroup.procs || true`),
    'exec "$@"',
  ].join('\n')
  return {
    enter: ['bash', '--norc', '-c', script, 'enter-cgroup'],
    remove: async () => {
      for (const folder of folders.filter((made) => existsSync(made))) {
        await runCommand('find', [folder, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], 10)
      }
    },
  }
}
