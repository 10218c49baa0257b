import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { type AppliancePorts, freePorts } from './ports.ts'

function numbersOf(ports: readonly AppliancePorts[]): readonly number[] {
  return ports.flatMap(({ clusterPort, rangingPort }) => [clusterPort, rangingPort])
}

test('numbers are handed out once, to whichever process, and the kernel hands out none of them', async () => {
  const own = numbersOf([...(await freePorts(100)), ...(await freePorts(100))])
  assert.equal(new Set(own).size, 400)
  const [kernelMin = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s+/).map(Number)
  if (kernelMin > 21_000) assert.ok(own.every((port) => port < kernelMin))
  // One that drew at random from all that are free would get some of them, 499 times in 500.
  const program = `import { freePorts } from ${JSON.stringify(import.meta.resolve('./ports.ts'))}
    console.log(JSON.stringify(await freePorts(200)))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  const others = numbersOf(JSON.parse(stdout) as readonly AppliancePorts[])
  assert.deepEqual([others.length, others.filter((port) => own.includes(port))], [400, []])
})

test('both numbers can be had, whatever for', async (t) => {
  const [ports] = await freePorts(1)
  assert.ok(ports !== undefined && ports.rangingPort === ports.clusterPort + 1)
  for (const port of numbersOf([ports])) {
    const [server, socket] = [createServer(), createSocket('udp4')]
    t.after(() => server.close())
    t.after(() => socket.close())
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
  }
})
