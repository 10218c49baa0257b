import { closeSync, openSync, writeSync } from 'node:fs'

/** What goes into the file system that a kernel unpacks at its start: a path without a leading slash, and its bytes. */
export type InitramfsFile = readonly [path: string, bytes: Uint8Array]

const DIRECTORY = 0o040_755
const PROGRAM = 0o100_755
const ALIGNMENT = 4

/**
 * Writes a cpio archive in the "new ASCII" format (Documentation/driver-api/early-userspace/buffer-format.rst of Linux),
 * uncompressed: unpacking would cost an emulated processor more than reading.
 */
export function writeInitramfs(file: string, folders: readonly string[], contents: Iterable<InitramfsFile>): void {
  const fd = openSync(file, 'w')
  const made = new Set<string>()
  let entries = 0
  const write = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    writeSync(fd, new Uint8Array((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT))
  }
  const add = (path: string, mode: number, bytes: Uint8Array): void => {
    entries += 1
    const name = Buffer.from(`${path}\0`)
    // Inode, mode, owner, group, links, time, size, four numbers of devices, size of the name, no checksum.
    const fields = [entries, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0]
    const header = fields.map((field) => field.toString(16).padStart(8, '0')).join('')
    write(Buffer.concat([Buffer.from(`070701${header}`), name]))
    write(bytes)
  }
  const makeFolder = (path: string): void => {
    if (path === '' || made.has(path)) return
    makeFolder(parentOf(path))
    made.add(path)
    add(path, DIRECTORY, new Uint8Array())
  }
  for (const folder of folders) makeFolder(folder)
  for (const [path, bytes] of contents) {
    makeFolder(parentOf(path))
    add(path, PROGRAM, bytes)
  }
  add('TRAILER!!!', 0, new Uint8Array())
  closeSync(fd)
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
