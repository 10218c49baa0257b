import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail, type Result } from '../../src/core/fault.ts'
import { ROOT } from '../tools/project-files.ts'
import { runCommand } from './command.ts'
import { bootContainer, type Container } from './container.ts'
import { debianRoot } from './debian-root.ts'

/** What Node needs of a Debian (libstdc++6 comes with any that has apt), and udev to read the example of its rules. */
const DEBIAN = { suite: 'bookworm', packages: ['systemd', 'libatomic1', 'libstdc++6', 'udev'] }
const TOOLS = ['mmdebstrap', 'systemd-nspawn', 'nsenter', 'setpriv', 'timeout']
const CONTAINER_SECONDS_MAX = 900
const INSTALLED_AT = '/usr/lib/quorumtime'
const NODE = `${INSTALLED_AT}/node_modules/.bin/node`
const RECEIVER = `${INSTALLED_AT}/${relative(ROOT, fileURLToPath(import.meta.resolve('./emulated-receiver.ts')))}`
const GUIDE = 'docs/operations.md'

/** Two appliances, ts0 to be the service and ts1 its peer; each has one receiver. */
const PLAN = `
cluster = "rack-7"
acceptSingleDomain = ["gnss"]
${appliancePlan('ts0', 7400, '/dev/quorumtime/gnss0', '/run/quorumtime/gnss0.sock')}
${appliancePlan('ts1', 7500, '/dev/quorumtime/gnss1', '/srv/rack-7/ts1/state/gnss1.sock')}
`

function appliancePlan(name: string, port: number, device: string, pulseSocket: string): string {
  return `
[[appliances]]
name = "${name}"
site = "${name}"
address = "127.0.0.1"
clusterPort = ${port}
rangingPort = ${port + 1}
  [[appliances.sources]]
  name = "gnss0"
  kind = "nmea-receiver"
  class = "gnss"
  domain = "gnss"
  device = "${device}"
  pulseSocket = "${pulseSocket}"`
}

/** A booted Debian that sees this repository as /usr/lib/quorumtime. The fault says why there can be none here. */
export async function openAppliance(): Promise<Result<Container>> {
  if (process.getuid?.() !== 0) return fail('hil.root', `expected root, got user ${process.getuid?.()}`)
  for (const tool of TOOLS) {
    const found = await runCommand('which', [tool], 60)
    if (found.exitCode !== 0) return fail('hil.tool', `expected the command ${tool}, got none; .ci/run installs it`)
  }
  const root = await debianRoot(DEBIAN)
  if (!root.ok) return root
  const binds = { [ROOT]: INSTALLED_AT }
  return bootContainer({ root: root.value, binds, secondsMax: CONTAINER_SECONDS_MAX })
}

/** The commands that the guide gives under a heading, in its blocks marked `sh`, as one script. */
export function guideCommands(heading: string): string {
  const guide = readFileSync(join(ROOT, GUIDE), 'utf8')
  const [, section = ''] = guide.split(new RegExp(`^#+ ${heading}$`, 'm'))
  const [own = ''] = section.split(/^#+ /m)
  const blocks = [...own.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands ?? '')
  assert.notEqual(blocks.length, 0, `expected commands below "${heading}" in ${GUIDE}, got none`)
  return blocks.join('')
}

/** Makes the cluster by the guide, and starts everything in it but the service. */
export async function startNeighbourhood({ run }: Container): Promise<void> {
  await run(`cd /srv\ncat > rack-7.toml <<'END'\n${PLAN}\nEND\n${guideCommands('A cluster')}`)
  await startReceiver(run, 'gnss0', '/run/quorumtime/gnss0.sock')
  await startReceiver(run, 'gnss1', '/srv/rack-7/ts1/state/gnss1.sock')
  await run('systemd-run --quiet --unit=peer /usr/bin/quorumtime agent --config /srv/rack-7/ts1/config.toml')
}

/** Its pty gets the owner and the mode that udev gives a serial port. */
async function startReceiver(run: Container['run'], name: string, pulseSocket: string): Promise<void> {
  const device = `/dev/quorumtime/${name}`
  await run(`
    systemd-run --quiet --unit=${name} ${NODE} ${RECEIVER} ${device} ${pulseSocket}
    until [ -e ${device} ]; do sleep 0.1; done
    chown root:dialout ${device}
    chmod 0660 ${device}`)
}

/** What a process in the sandbox of the service meets, whoever it is: the code of each error. */
export async function tryInSandbox({ run }: Container): Promise<Readonly<Record<string, string>>> {
  const probe = `
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    const { accessSync, constants, readdirSync } = process.getBuiltinModule('node:fs')
    const attempt = (work) => { try { return String(work()) } catch (error) { return error.code } }
    const writing = (path) => attempt(() => accessSync(path, constants.W_OK))
    console.log(JSON.stringify({
      writeConfiguration: writing('/etc/quorumtime/config.toml'),
      writeSystem: writing('/usr/bin'),
      writeState: writing('/var/lib/quorumtime'),
      runShell: attempt(() => execFileSync('/bin/sh', ['-c', 'exit 0'])),
      readHome: attempt(() => readdirSync('/root').length),
      readMemoryOfTheMachine: attempt(() => readdirSync('/proc').includes('meminfo')),
    }))`
  const output = await run(`
    main=$(systemctl show quorumtime --property=MainPID --value)
    nsenter --target "$main" --mount -- ${NODE} --eval '${probe.replaceAll("'", `'"'"'`)}'`)
  return JSON.parse(output) as Record<string, string>
}
