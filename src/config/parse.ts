import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { parse as parseToml, TomlError } from 'smol-toml'
import { families } from '../../drivers/index.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { explainIssues } from './explain.ts'
import { type Configuration, configurationSchema } from './schema.ts'

/**
 * Reads and checks a configuration file. Paths in it are taken from the folder that it stands in. The fault holds one
 * sentence per mistake, each with its place, what was expected and what came.
 */
export function readConfiguration(file: string): Result<Configuration> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return fail(
      'config.unreadable',
      `${file}: expected a readable configuration file, got ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    )
  }
  const parsed = parseConfiguration(text, file)
  return parsed.ok ? ok(resolvePaths(parsed.value, dirname(resolve(file)))) : parsed
}

/** The same on text; `file` names it in faults. Paths stay as written. */
export function parseConfiguration(text: string, file: string): Result<Configuration> {
  let toml: unknown
  try {
    toml = parseToml(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return fail(
      'config.toml',
      `${file}:${error.line}:${error.column}: expected TOML, got ${error.message.split('\n')[0] ?? 'something else'}`,
    )
  }
  const checked = configurationSchema.safeParse(toml)
  if (!checked.success) return fail('config.invalid', prefixed(file, explainIssues(checked.error, toml)))
  const across = checkAcross(checked.data)
  return across.length === 0 ? ok(checked.data) : fail('config.invalid', prefixed(file, across))
}

/** Rules between keys: names, devices and sockets are each used once, and every source's options fit its family. */
function checkAcross({ node, cluster, sources }: Configuration): readonly string[] {
  const complaints = [
    ...repeated(
      'sources',
      'name',
      sources.map((source) => source.name),
    ),
    ...repeated(
      'sources',
      'device',
      sources.map((source) => source.device),
    ),
    ...repeated(
      'sources',
      'pulseSocket',
      sources.map((source) => source.pulseSocket),
    ),
    ...repeated('cluster.peers', 'name', [node.name, ...cluster.peers.map((peer) => peer.name)]),
  ]
  for (const [index, source] of sources.entries()) {
    const family = families.find(({ kind }) => kind === source.kind)
    if (family === undefined) {
      const known = families.map(({ kind }) => kind).join(', ')
      complaints.push(`sources[${index}].kind: expected one of ${known}, got "${source.kind}"`)
      continue
    }
    const options = family.parseOptions(source.options, `sources[${index}].options`)
    if (!options.ok) complaints.push(options.fault.message)
  }
  return complaints
}

function repeated(list: string, key: string, values: readonly (string | undefined)[]): readonly string[] {
  const seen = new Set<string>()
  const complaints: string[] = []
  for (const value of values) {
    if (value === undefined) continue
    if (seen.has(value)) complaints.push(`${list}: expected a different ${key} for each, got "${value}" twice`)
    seen.add(value)
  }
  return complaints
}

function prefixed(file: string, sentences: readonly string[]): string {
  return sentences.map((sentence) => `${file}: ${sentence}`).join('\n')
}

function resolvePaths(configuration: Configuration, folder: string): Configuration {
  const from = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path))
  const { node, sources } = configuration
  return {
    ...configuration,
    node: {
      ...node,
      genesis: from(node.genesis),
      signingKey: from(node.signingKey),
      tlsKey: from(node.tlsKey),
      stateDirectory: from(node.stateDirectory),
      controlSocket: from(node.controlSocket),
      ...(node.leapSecondsList === undefined ? {} : { leapSecondsList: from(node.leapSecondsList) }),
    },
    sources: sources.map((source) => ({
      ...source,
      device: from(source.device),
      ...(source.pulseSocket === undefined ? {} : { pulseSocket: from(source.pulseSocket) }),
    })),
  }
}
