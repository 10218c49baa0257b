// npm runs this after an install. npm 9, which Debian 12 has, installs the pinned Node for this machine and then takes
// its link away again: it clears up after the Node for the other architecture, whose link has the same name.
import { existsSync, symlinkSync } from 'node:fs'

const modules = new URL('../node_modules/', import.meta.url)
const pinned = `node-${process.platform}-${process.arch}/bin/node`

if (existsSync(new URL(pinned, modules)) && !existsSync(new URL('.bin/node', modules))) {
  symlinkSync(`../${pinned}`, new URL('.bin/node', modules))
}
