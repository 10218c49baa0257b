import { parseConfiguration } from '../../src/config/parse.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { drawCopy } from '../appliance/answer.ts'
import { type Change, joinSteps } from './change-script.ts'
import { type KeySource, readNewKeys } from './new-keys.ts'

export interface Replacement {
  readonly name: string
  readonly keys: KeySource
  /** The configuration of the appliance that is no more: its instruments go on as they were. */
  readonly kept: { readonly file: string; readonly copy: string } | undefined
}

/**
 * The member keeps its name and its site, and gets the keys of other hardware. Faults: those of `readNewKeys`, of configurations,
 * `member.other-name`.
 */
export function replaceMember({ name, keys, kept }: Replacement, present: Membership): Result<Change> {
  const read = readNewKeys(name, keys, present)
  if (!read.ok) return read
  const replaced = { changes: { replaceKey: [{ name, ...read.value }] }, tasks: [] }
  const destroy = `the keys of the former ${name} sign nothing any more once the order is carried out; destroy them, and its disk`
  if (kept === undefined) return ok({ ...replaced, notices: [destroy], afterwards: joinSteps(name, undefined) })
  const bytes = readNamedFile(kept.file, { what: 'the configuration of the appliance', bytesMax: 1_048_576 })
  if (!bytes.ok) return bytes
  const parsed = parseConfiguration(new TextDecoder().decode(bytes.value), kept.file)
  if (!parsed.ok) return parsed
  const { node, sources } = parsed.value
  if (node.name !== name) {
    return fail('member.other-name', `${kept.file}: node.name: expected ${name}, got ${node.name}`)
  }
  const instruments = sources.map((source) => `${source.name} (${source.kind})`).join(', ') || 'none'
  const places = [node.signingKey, node.tlsKey].filter((place) => !/\/keys\/(?:signing|tls)\.pem$/.test(place))
  return ok({
    ...replaced,
    tasks: [drawCopy(kept.copy, bytes.value, `configuration of ${name}`)],
    notices: [
      destroy,
      `instruments as before: ${instruments}`,
      ...places.map((place) => `the configuration has a key at ${place}: put the new one there, or change the line`),
    ],
    afterwards: joinSteps(name, kept.copy),
  })
}
