import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../../src/core/fault.ts'
import { ROOT } from '../../tools/project-files.ts'
import { runCommand } from '../command.ts'
import { type InitramfsFile, writeInitramfs } from './initramfs.ts'
import type { KernelPackage } from './kernel-package.ts'

/** A machine that is emulated down to its processor, with a kernel that has what the one of this machine lacks. */
export interface GuestOptions {
  readonly kernel: KernelPackage
  /** Loaded in this order, with what they need. */
  readonly modules: readonly string[]
  /** More of the machine: words for QEMU. */
  readonly hardware: readonly string[]
  /** A program of this repository that the kernel starts as its only process, from the folder of the repository. */
  readonly program: string
  readonly secondsMax: number
}

export interface GuestRun {
  /** What the program wrote to its second serial line: a JSON object in each line. */
  readonly said: readonly Readonly<Record<string, unknown>>[]
  /** The last of what kernel and program wrote to the console. */
  readonly console: string
}

/** Its network cards have had clocks that run since 8.1. */
const QEMU_MIN = 8.1
const QEMU = 'qemu-system-x86_64'

/** Why no guest can be booted here, for `skip`; false when it can. */
export async function whyNoGuest(): Promise<string | false> {
  if (process.arch !== 'x64') return `expected a machine of x86-64, whose Node the guest runs, got ${process.arch}`
  if (process.getuid?.() !== 0) return 'expected root'
  const { output } = await runCommand(QEMU, ['--version'], 60)
  const [, version] = /version (\d+\.\d+)/.exec(output) ?? []
  if (version !== undefined && Number(version) >= QEMU_MIN) return false
  return `expected ${QEMU} of version ${QEMU_MIN} or later, got ${version ?? 'none'}; .ci/run installs it`
}

/** Boots it, waits until it has switched itself off, and returns what it said. */
export async function runGuest(options: GuestOptions): Promise<Result<GuestRun>> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-guest-'))
  try {
    const [initramfs, said] = [join(folder, 'initramfs'), join(folder, 'said')]
    writeInitramfs(initramfs, ['proc', 'sys', 'dev', 'tmp'], await contentsOf(options))
    const ended = await runCommand(QEMU, wordsOf(options, initramfs, said), options.secondsMax)
    const console = `${ended.output}${ended.complaint}`.slice(-6_000)
    if (ended.exitCode !== 0) return fail('guest.qemu', `${QEMU}: expected it to end by itself, got\n${console}`)
    const lines = readFileSync(said, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'))
    return ok({ said: lines.map((line) => JSON.parse(line) as Record<string, unknown>), console })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function wordsOf({ kernel, hardware, program }: GuestOptions, initramfs: string, said: string): readonly string[] {
  // Node itself is process 1: no shell, no libraries but its own, nothing to install.
  const line = `console=ttyS0 loglevel=4 panic=-1 rdinit=/node -- /repository/${program}`
  const machine = ['-machine', 'pc', '-cpu', 'max', '-accel', 'tcg', '-m', '1024', '-nodefaults', '-display', 'none']
  const lines = ['-serial', 'stdio', '-serial', `file:${said}`, '-no-reboot']
  const boot = ['-kernel', kernel.image, '-initrd', initramfs, '-append', line]
  return [...machine, ...lines, ...boot, ...hardware]
}

async function contentsOf({ kernel, modules }: GuestOptions): Promise<readonly InitramfsFile[]> {
  const node = realpathSync(join(ROOT, 'node_modules/.bin/node'))
  const { output } = await runCommand('ldd', [node], 60)
  const libraries = [...output.matchAll(/(\/\S+\.so\S*)/g)].map(([path]) => path)
  const loaded = await kernel.modules(modules)
  const sources = ['src', 'drivers', 'test/hil/guest'].flatMap((tree) =>
    filesIn(tree, (path) => /(?<!\.test)\.ts$/.test(path)),
  )
  const koffi = ['node_modules/koffi', 'node_modules/@koromix'].flatMap((tree) =>
    filesIn(tree, (path) => /\.(?:c?js|json|node)$/.test(path)),
  )
  return [
    ['node', readFileSync(node)],
    ...libraries.map((path): InitramfsFile => [path.slice(1), readFileSync(path)]),
    ...[...sources, ...koffi, 'package.json'].map(
      (path): InitramfsFile => [`repository/${path}`, readFileSync(join(ROOT, path))],
    ),
    ...loaded.map(([name, bytes], order): InitramfsFile => [`modules/${100 + order}-${name}.ko`, bytes]),
  ]
}

function filesIn(tree: string, wanted: (path: string) => boolean): readonly string[] {
  return readdirSync(join(ROOT, tree), { recursive: true, encoding: 'utf8' })
    .map((path) => join(tree, path))
    .filter((path) => wanted(path) && statSync(join(ROOT, path)).isFile())
}
