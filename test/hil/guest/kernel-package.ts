import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../../src/core/fault.ts'
import { runCommand } from '../command.ts'
import { privateCache } from '../debian-root.ts'

/** A kernel of Debian's, unpacked and not installed. */
export interface KernelPackage {
  readonly image: string
  /** The bytes of modules and of those that they need, in the order in which they are loaded. */
  modules(names: readonly string[]): Promise<readonly (readonly [name: string, bytes: Uint8Array])[]>
}

const DOWNLOAD_SECONDS_MAX = 300

/** The kernel that this machine would install, kept in the folder for temporary files. The fault says why there is none. */
export async function kernelPackage(): Promise<Result<KernelPackage>> {
  const cache = privateCache()
  if (!cache.ok) return cache
  const depends = await runCommand('apt-cache', ['depends', 'linux-image-amd64'], 120)
  const [, name] = /Depends: (linux-image-\S+)/.exec(depends.output) ?? []
  if (name === undefined) return fail('guest.kernel', 'apt-cache: expected to know linux-image-amd64, got nothing')
  const folder = join(cache.value, name)
  if (!existsSync(folder)) {
    const draft = join(cache.value, `draft-${process.pid}-kernel`)
    try {
      const unpacked = await unpack(name, draft)
      if (!unpacked.ok) return unpacked
      renameSync(draft, folder)
    } catch (error) {
      // Two tests at once fetch the same kernel; a folder that holds files is not replaced.
      if (!existsSync(folder)) throw error
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
  }
  return ok(packageIn(folder))
}

async function unpack(name: string, draft: string): Promise<Result<void>> {
  mkdirSync(draft)
  const script = 'cd "$1" && apt-get download -qq "$2" && dpkg-deb --extract *.deb . && rm *.deb'
  const done = await runCommand('sh', ['-c', script, 'unpack', draft, name], DOWNLOAD_SECONDS_MAX)
  if (done.exitCode === 0) return ok(undefined)
  return fail('guest.kernel', `${name}: expected to download and unpack it, got ${done.complaint.trim().slice(-300)}`)
}

function packageIn(folder: string): KernelPackage {
  const image = readdirSync(join(folder, 'boot')).find((file) => file.startsWith('vmlinuz-')) ?? 'vmlinuz'
  const files = new Map<string, string>()
  const tree = ['lib/modules', 'usr/lib/modules'].map((path) => join(folder, path)).find((path) => existsSync(path))
  for (const path of tree === undefined ? [] : readdirSync(tree, { recursive: true, encoding: 'utf8' })) {
    const [, name] = /([^/]+)\.ko(?:\.xz)?$/.exec(path) ?? []
    if (name !== undefined && tree !== undefined) files.set(underscored(name), join(tree, path))
  }
  return {
    image: join(folder, 'boot', image),
    modules: async (names) => {
      const found = new Map<string, Uint8Array>()
      const add = async (name: string): Promise<void> => {
        const file = files.get(underscored(name))
        if (file === undefined || found.has(underscored(name))) return
        const bytes = await readModule(file)
        // Its section of remarks says what it needs: `depends=parport,pps_core`.
        const [, needed = ''] = /\0depends=([^\0]*)\0/.exec(bytes.toString('latin1')) ?? []
        for (const each of needed.split(',').filter(Boolean)) await add(each)
        found.set(underscored(name), bytes)
      }
      for (const name of names) await add(name)
      return [...found]
    },
  }
}

async function readModule(file: string): Promise<Buffer> {
  if (!file.endsWith('.xz')) return readFileSync(file)
  const plain = file.slice(0, -'.xz'.length)
  if (!existsSync(plain)) {
    // Whole or not at all: another test may want the same one.
    const draft = `${plain}.${process.pid}`
    await runCommand('sh', ['-c', 'xz --decompress --stdout "$1" > "$2"', 'unpack', file, draft], 60)
    renameSync(draft, plain)
  }
  return readFileSync(plain)
}

function underscored(name: string): string {
  return name.replaceAll('-', '_')
}
