// npm runs this after an install. npm 9, which Debian 12 has, installs the pinned Node for this machine and then takes
// its link away again: it clears up after the Node for the other architecture, whose link has the same name.
import { spawnSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const modules = new URL('../node_modules/', import.meta.url)
const pinned = `node-${process.platform}-${process.arch}/bin/node`

if (existsSync(new URL(pinned, modules)) && !existsSync(new URL('.bin/node', modules))) {
  symlinkSync(`../${pinned}`, new URL('.bin/node', modules))
}

// The pinned Node is linked against libatomic, which a Debian without a compiler does not have. Better said here than by
// the loader at the first start.
if (existsSync(new URL(pinned, modules))) {
  const tried = spawnSync(fileURLToPath(new URL(pinned, modules)), ['--version'], { encoding: 'utf8' })
  if (tried.status !== 0) {
    console.error(
      `quorumtime: ${pinned}: expected it to run, got "${tried.stderr.trim()}"; on Debian: apt-get install libatomic1`,
    )
    process.exitCode = 1
  }
}
