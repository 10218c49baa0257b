// Loaded before an agent (src/cli/agent-flags.ts): a child takes the types out of its sources, in the place of Node, which
// would keep what it needs for that, a compiler of 8 MiB in every thread and what it had in hand, for as long as the
// agent runs. Without this file everything works as well, in more memory.
import { spawnSync } from 'node:child_process'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'
import { inflateRawSync } from 'node:zlib'

const ROOT = new URL('../', import.meta.url).href
/** What the threads of the process find the program by: bytes that all of them share, and where each file is in them. */
const KEY = 'quorumtime.stripped-program'
const ARCHIVE_BYTES_MAX = 16 * 1_048_576
/** Less than the unit gives the whole start (TimeoutStartSec): what is late is done without. */
const STRIP_MS_MAX = 20_000

if (isMainThread) strip()
const program = getEnvironmentData(KEY)
if (program !== undefined) serve(program)

function strip() {
  const script = fileURLToPath(new URL('./strip-program.mjs', import.meta.url))
  const child = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: ARCHIVE_BYTES_MAX,
    timeout: STRIP_MS_MAX,
  })
  if (child.error !== undefined || child.status !== 0) {
    const got = child.error?.message ?? `exit status ${child.status}`
    console.error(`quorumtime: ${script}: expected the sources without types, got ${got}; Node strips them itself`)
    return
  }
  const textsFrom = 4 + child.stdout.readUInt32BE(0)
  const texts = new Uint8Array(new SharedArrayBuffer(child.stdout.length - textsFrom))
  texts.set(child.stdout.subarray(textsFrom))
  setEnvironmentData(KEY, { index: JSON.parse(child.stdout.toString('utf8', 4, textsFrom)), texts })
}

function serve({ index, texts }) {
  const load = (url, context, next) => {
    const place = url.startsWith(ROOT) ? index[url.slice(ROOT.length)] : undefined
    if (place === undefined) return /** @type {object} */ (next(url, context))
    const source = inflateRawSync(texts.subarray(...place)).toString('utf8')
    return { format: 'module', source, shortCircuit: true }
  }
  registerHooks({ load })
}
