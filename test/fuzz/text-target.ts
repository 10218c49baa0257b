import { utf8 } from '../../src/core/bytes.ts'
import type { Result } from '../../src/core/fault.ts'
import { almostBytes } from './mutation.ts'
import { ACCEPTED, type Taken, type Target } from './target.ts'

/** Parsers of a line of text: the first that accepts it decides, and what all refuse is refused. */
export function textTarget(
  name: string,
  corpus: readonly string[],
  ...parsers: readonly ((text: string) => Result<unknown>)[]
): Target {
  return {
    name,
    corpus: corpus.map((text) => utf8(text)),
    inputs: almostBytes,
    take: (bytes) => {
      const text = Buffer.from(bytes).toString('latin1')
      const results = parsers.map((parse) => parse(text))
      return results.some(({ ok }) => ok) ? ACCEPTED : (results.find(({ ok }) => !ok) as Taken)
    },
  }
}
