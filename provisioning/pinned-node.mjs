// Loaded before everything that npm scripts run, and plain JavaScript, so that also a Node that cannot read TypeScript
// says what is wrong.
import { readFileSync } from 'node:fs'

const { optionalDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const pinned = optionalDependencies[`node-${process.platform}-${process.arch}`]

if (process.version !== `v${pinned}`) {
  console.error(
    pinned === undefined
      ? `node: expected one of ${Object.keys(optionalDependencies).join(', ')}, got ${process.platform}-${process.arch}, for which package.json pins none.`
      : `node: expected ${pinned}, which package.json pins and npm ci installs, got ${process.version.slice(1)} from ${process.execPath}; run npm ci, then use the npm scripts.`,
  )
  process.exit(1)
}
