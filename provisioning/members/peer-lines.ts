import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfiguration } from '../../src/config/parse.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import type { Configuration } from '../../src/config/schema.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { attempt } from '../../src/linux/attempt.ts'
import type { Task } from '../run-tasks.ts'
import { keepStep, updateStep } from '../step.ts'

/** Where the others reach an appliance. */
export interface PeerPlace {
  readonly name: string
  readonly address: string
  readonly rangingAddress: string
}

const CONFIGURATION_WANTED = { what: 'a configuration', bytesMax: 1_048_576 }

/** What every other appliance needs at the end of its configuration. */
export function peerLines({ name, address, rangingAddress }: PeerPlace): string {
  return `\n[[cluster.peers]]\nname = "${name}"\naddress = "${address}"\nrangingAddress = "${rangingAddress}"\n`
}

/**
 * What tells all other appliances below a folder of the newcomer: each `*` + `/config.toml` gets the lines, and all else in it
 * stays as it is, by whose hand ever. Only looks. Faults: those of configurations, `member.other-place`.
 */
export function drawPeerUpdates(folder: string, place: PeerPlace): Result<readonly Task[]> {
  const names = attempt('file.unreadable', `${folder}: expected a folder of appliances`, () =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted(),
  )
  if (!names.ok) return names
  const tasks: Task[] = []
  for (const name of names.value) {
    const path = join(folder, name, 'config.toml')
    const bytes = readNamedFile(path, CONFIGURATION_WANTED)
    // Not every folder is that of an appliance: operators have one beside them.
    if (!bytes.ok) continue
    const task = drawUpdate(path, new TextDecoder().decode(bytes.value), place)
    if (!task.ok) return task
    if (task.value !== undefined) tasks.push(task.value)
  }
  return ok(tasks)
}

function drawUpdate(path: string, text: string, place: PeerPlace): Result<Task | undefined> {
  const present = parseConfiguration(text, path)
  if (!present.ok) return present
  if (present.value.node.name === place.name) return ok(undefined)
  const what = `address of ${place.name}`
  const known = peerIn(present.value, place)
  if (known !== undefined) {
    if (known.address === place.address && known.rangingAddress === place.rangingAddress)
      return ok(keepStep(path, what))
    return fail(
      'member.other-place',
      `${path}: cluster.peers: expected ${place.name} at ${place.address} and ${place.rangingAddress}, got ${known.address} and ${known.rangingAddress}`,
    )
  }
  const changed = `${text.trimEnd()}\n${peerLines(place)}`
  const parsed = parseConfiguration(changed, path)
  if (!parsed.ok) return parsed
  return ok(updateStep(path, utf8(changed), 0o640, what))
}

function peerIn({ cluster }: Configuration, { name }: PeerPlace): PeerPlace | undefined {
  return cluster.peers.find((peer) => peer.name === name)
}
