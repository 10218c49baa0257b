/** The part of package-lock.json (lockfileVersion 3) that is read and written here. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

export interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly cpu?: readonly string[]
  readonly dev?: boolean
  readonly libc?: readonly string[]
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/**
 * Entries that the lock file lacks: optional packages for other platforms that the registry at hand could not show when
 * the file was written. npm install leaves them out, and npm ci (11 and 12; npm/cli issue 9846) then refuses the file.
 * Such an entry has a version and its platform, read from its name, and no digest: nobody here downloads it.
 */
export function missingPlatformPackages({ packages }: LockFile): Readonly<Record<string, LockedPackage>> {
  const missing: Record<string, LockedPackage> = {}
  for (const [owner, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (resolves(packages, owner, name)) continue
      missing[`node_modules/${name}`] = { version, ...platformOf(name), ...(dev === true && { dev }), optional: true }
    }
  }
  return missing
}

/** Packages that npm could not check against a digest although an appliance or a developer installs them. */
export function uncheckedPackages({ packages }: LockFile): readonly string[] {
  return Object.entries(packages).flatMap(([path, locked]) =>
    path === '' || locked.integrity?.startsWith('sha512-') === true || isForOthers(locked) ? [] : [path],
  )
}

/** Never installed on what we run on: Linux with glibc, on x64 or arm64. */
function isForOthers({ optional, os, cpu, libc }: LockedPackage): boolean {
  const runsHere =
    (os?.includes('linux') ?? true) &&
    (cpu?.some((name) => name === 'x64' || name === 'arm64') ?? true) &&
    (libc?.includes('glibc') ?? true)
  return optional === true && !runsHere
}

/** Whether a package that asks for `name` gets one: its own, or that of a folder above it. */
function resolves(packages: LockFile['packages'], owner: string, name: string): boolean {
  if (packages[`${owner === '' ? '' : `${owner}/`}node_modules/${name}`] !== undefined) return true
  if (owner === '') return false
  return resolves(packages, owner.slice(0, Math.max(0, owner.lastIndexOf('node_modules/') - 1)), name)
}

function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const parts = name.split(/[/-]/)
  const os = SYSTEMS.filter((system) => parts.includes(system))
  const cpu = PROCESSORS.filter((processor) => parts.includes(processor))
  const libc = parts.some((part) => part.startsWith('musl')) ? ['musl'] : undefined
  return { ...(cpu.length > 0 && { cpu }), ...(libc && { libc }), ...(os.length > 0 && { os }) }
}
