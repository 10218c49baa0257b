import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './command.ts'

/**
 * A control group for one container, below that of this process. In the same group the systemd of each container would
 * take the processes of the other for its own, and end them.
 */
export interface OwnCgroup {
  /** What has to stand before a command for it to run in the group. */
  readonly enter: readonly string[]
  /** Once nothing runs in it any more. */
  remove(): Promise<void>
}

/** Where groups cannot be made, this machine is a container itself, and what runs in it is on its own. */
export function ownCgroup(name: string): OwnCgroup {
  const folders = cgroupFolders().map((folder) => join(folder, name))
  const joining = folders.map((folder) => `mkdir "${folder}" && echo $$ > "${folder}/cgroup.procs" || true`)
  return {
    enter: ['bash', '--norc', '-c', [...joining, 'exec "$@"'].join('\n'), 'enter-cgroup'],
    remove: async () => {
      for (const folder of folders.filter((made) => existsSync(made))) {
        await runCommand('find', [folder, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'], 10)
      }
    },
  }
}

/** Where this process stands in the hierarchies that systemd uses: that of version 2, and beside it maybe its own. */
function cgroupFolders(): readonly string[] {
  const unified = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((mount) =>
    existsSync(join(mount, 'cgroup.controllers')),
  )
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')
  return lines.flatMap((line) => {
    const [, controllers, path = '/'] = line.split(':')
    if (controllers === '' && unified !== undefined) return [join(unified, path)]
    return controllers === 'name=systemd' ? [join('/sys/fs/cgroup/systemd', path)] : []
  })
}
