import { commandLine } from '../support/command-line.ts'
import { createReplicaCluster } from '../support/replica-cluster.ts'

/**
 * How many events the simulator gets through in a second of one core, on a calm network. An event is a delivered message,
 * a timer, or records that became durable. Measured in CPU time of all threads, which other work on the machine disturbs
 * least. The first runs of each size are for the compiler and are not counted.
 */
const SIZES = [
  { n: 4, epochs: 30, warmUps: 100, runs: 60 },
  { n: 7, epochs: 30, warmUps: 5, runs: 10 },
  { n: 10, epochs: 30, warmUps: 3, runs: 5 },
  { n: 31, epochs: 10, warmUps: 1, runs: 2 },
] as const

interface Speed {
  readonly n: number
  readonly events: number
  readonly epochs: number
  readonly cpuSeconds: number
  readonly eventsPerCpuSecond: number
}

const { json } = commandLine({
  command: 'npm run -s bench:simulation',
  about: 'How many events the simulator gets through in a second of one core, on a calm network.',
  options: { json: { kind: 'flag', help: 'one JSON array on standard output' } },
  examples: ['', '--json'],
})
const speeds: Speed[] = []
for (const { n, epochs, warmUps, runs } of SIZES) {
  for (let seed = 1; seed <= warmUps; seed++) await calm(n, -seed, epochs)
  const before = process.cpuUsage()
  let events = 0
  for (let seed = 1; seed <= runs; seed++) events += await calm(n, seed, epochs)
  const { user, system } = process.cpuUsage(before)
  const cpuSeconds = (user + system) / 1e6
  speeds.push({ n, events, epochs: epochs * runs, cpuSeconds, eventsPerCpuSecond: Math.round(events / cpuSeconds) })
}
console.log(json ? JSON.stringify(speeds) : speeds.map(inWords).join('\n'))

async function calm(n: number, seed: number, epochs: number): Promise<number> {
  const cluster = createReplicaCluster({ n, seed })
  await cluster.run(BigInt(epochs) * 1_000_000_000n)
  return cluster.events
}

function inWords({ n, events, epochs, cpuSeconds, eventsPerCpuSecond }: Speed): string {
  return `n = ${n}: ${events} events of ${epochs} epochs in ${cpuSeconds.toFixed(2)} s of CPU, ${eventsPerCpuSecond} events/s`
}
