import { parse, TomlError } from 'smol-toml'
import { fail, ok, type Result } from '../core/fault.ts'
import { readNamedFile } from './read-file.ts'

/** A plan of a hundred appliances with a dozen instruments each takes a quarter of this. */
const TOML_BYTES_MAX = 1_048_576

/** Reads a TOML file. Faults: `file.unreadable`, `config.toml` with line and column. */
export function readToml(file: string, what: string): Result<unknown> {
  const bytes = readNamedFile(file, { what, bytesMax: TOML_BYTES_MAX })
  return bytes.ok ? parseToml(new TextDecoder().decode(bytes.value), file) : bytes
}

/** The same on text; `file` names it in the fault. */
export function parseToml(text: string, file: string): Result<unknown> {
  try {
    return ok(parse(text))
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // Below its first line the message shows the place in the text.
    const reason = (error.message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '')
    return fail('config.toml', `${file}:${error.line}:${error.column}: expected TOML, got a mistake: ${reason}`)
  }
}
