import { dirname, resolve } from 'node:path'
import { explain } from '../../drivers/options.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { applyCalibrations } from './apply-calibrations.ts'
import { resolveAttestation } from './attestation.ts'
import { readRecords } from './calibration-record.ts'
import { checkAcross } from './check-across.ts'
import { resolveKey } from './key-place.ts'
import { resolveOutputs } from './outputs.ts'
import { type Configuration, configurationSchema } from './schema.ts'
import { parseToml, readToml } from './toml.ts'

/**
 * Reads and checks a configuration file. Paths in it are taken from the folder that it stands in. The fault holds a line
 * for each mistake, with its place, what was expected and what came.
 */
export function readConfiguration(file: string): Result<Configuration> {
  const configuration = readUncalibrated(file)
  return configuration.ok ? calibrated(configuration.value, file) : configuration
}

/** The same without what was recorded about the delays of its sources. */
export function readUncalibrated(file: string): Result<Configuration> {
  const read = readToml(file, 'a configuration file')
  return read.ok ? checkConfiguration(read.value, file) : read
}

function calibrated(configuration: Configuration, file: string): Result<Configuration> {
  const path = configuration.node.calibrations
  if (path === undefined) return ok(configuration)
  const records = readRecords(path)
  if (!records.ok) return records
  const { sources, mistakes } = applyCalibrations(configuration.sources, records.value)
  return mistakes.length === 0 ? ok({ ...configuration, sources }) : fail('config.value', prefixed(file, mistakes))
}

/** The same on text; `file` is where it stands or is going to stand. */
export function parseConfiguration(text: string, file: string): Result<Configuration> {
  const parsed = parseToml(text, file)
  return parsed.ok ? checkConfiguration(parsed.value, file) : parsed
}

function checkConfiguration(input: unknown, file: string): Result<Configuration> {
  const checked = configurationSchema.safeParse(input)
  if (!checked.success) return fail('config.value', prefixed(file, explain(checked.error, input, '')))
  const configuration = resolvePaths(checked.data, dirname(resolve(file)))
  const across = checkAcross(configuration)
  return across.length === 0 ? ok(configuration) : fail('config.value', prefixed(file, across))
}

function prefixed(file: string, sentences: readonly string[]): string {
  return sentences.map((sentence) => `${file}: ${sentence}`).join('\n')
}

function resolvePaths(configuration: Configuration, folder: string): Configuration {
  const from = (path: string): string => resolve(folder, path)
  const { node, sources, outputs, attestation } = configuration
  return {
    ...configuration,
    node: {
      ...node,
      genesis: from(node.genesis),
      signingKey: resolveKey(node.signingKey, from),
      tlsKey: resolveKey(node.tlsKey, from),
      ...(node.nextSigningKey === undefined ? {} : { nextSigningKey: resolveKey(node.nextSigningKey, from) }),
      ...(node.nextTlsKey === undefined ? {} : { nextTlsKey: resolveKey(node.nextTlsKey, from) }),
      stateDirectory: from(node.stateDirectory),
      controlSocket: from(node.controlSocket),
      ...(node.leapSecondsList === undefined ? {} : { leapSecondsList: from(node.leapSecondsList) }),
      ...(node.calibrations === undefined ? {} : { calibrations: from(node.calibrations) }),
    },
    outputs: resolveOutputs(outputs, from),
    ...(attestation === undefined ? {} : { attestation: resolveAttestation(attestation, from) }),
    sources: sources.map((source) => ({
      ...source,
      ...(source.device === undefined ? {} : { device: from(source.device) }),
      ...(source.pulseSocket === undefined ? {} : { pulseSocket: from(source.pulseSocket) }),
      ...(source.pulseDevice === undefined ? {} : { pulseDevice: from(source.pulseDevice) }),
    })),
  }
}
